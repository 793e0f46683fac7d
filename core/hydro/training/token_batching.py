"""Batches of about as many tokens, cut from an order of the rows."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hydro.errors import SettingsError

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class TokenBatches:
    """Batches of at most ``max_tokens`` tokens, as many in every order of the rows.

    The concatenated texts of an epoch are cut at every ``tokens_per_batch`` tokens; a text across a
    cut belongs to the batch that it begins in. So every batch is random, whatever the lengths, and
    the number of batches, which schedules count by, never varies.
    """

    lengths: Rows
    """``(rows,)``: the tokens of every row."""
    max_tokens: int

    def __post_init__(self) -> None:
        """Check that every text fits into a batch.

        Raises:
            SettingsError: the limit is less than two of the longest text.
        """
        if self.max_tokens < 2 * self._longest:
            msg = (
                f"training.batch_tokens: {self.max_tokens} is less than two of the longest "
                f"training text, which has {self._longest} tokens. Raise it to {2 * self._longest} "
                "or more, or lower the longest length"
            )
            raise SettingsError(msg)

    @property
    def tokens_per_batch(self) -> int:
        """Return the tokens from cut to cut, less than the limit by a text across the cut."""
        return self.max_tokens - self._longest + 1

    @cached_property
    def tokens_per_epoch(self) -> int:
        """Count the tokens of an epoch."""
        return int(self.lengths.sum())

    def num_batches(self, *, drop_last: bool) -> int:
        """Count the batches of an epoch, with or without a last one that is not full."""
        if drop_last:
            return self.tokens_per_epoch // self.tokens_per_batch
        # So many that the last has a row even if the longest text ends the order.
        return max(0, self.tokens_per_epoch - self._longest) // self.tokens_per_batch + 1

    def split(self, order: Rows, *, drop_last: bool) -> list[Rows]:
        """Cut an order of all rows into batches, none of which is empty."""
        lengths = self.lengths[order]
        begins = np.cumsum(lengths) - lengths
        count = self.num_batches(drop_last=drop_last)
        cuts = self.tokens_per_batch * np.arange(1, count + drop_last)
        return np.split(order, np.searchsorted(begins, cuts))[:count]

    @cached_property
    def _longest(self) -> int:
        return int(self.lengths.max())

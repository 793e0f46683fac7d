"""Which rows make a batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hydro.settings.sections import TrainingSection
from hydro.training.randomness import permutation, random_generator
from hydro.training.token_batching import TokenBatches

Rows = NDArray[np.int64]


class BatchSampler(Protocol):
    """Chooses the rows of every batch of a run.

    A batch is that of all processes together, each of which takes its own shard. The same epoch has
    to give the same batches whenever it is called, so that a run can be resumed and all processes
    agree: the seed and the epoch alone decide.
    """

    def __len__(self) -> int:
        """Count the batches of an epoch, the same in every epoch; at least one."""

    def batches(self, epoch: int) -> Sequence[Rows]:
        """Return the positions of the rows of each batch of an epoch, counted from 0."""


@dataclass(frozen=True)
class ShuffledBatches:
    """Every row once an epoch, in random order, but for a last batch that is not full."""

    rows: int
    seed: int
    training: TrainingSection
    world_size: int = 1
    token_batches: TokenBatches | None = None
    """Cuts batches of about as many tokens instead of as many rows."""

    @property
    def batch_size(self) -> int:
        """Count the rows of a batch over all processes."""
        return self.training.batch_size * self.world_size

    @property
    def drop_last(self) -> bool:
        """Return whether an epoch leaves out a batch that is not full; never its only one."""
        by_tokens = self.token_batches
        enough = (
            by_tokens.tokens_per_epoch >= by_tokens.tokens_per_batch
            if by_tokens
            else self.rows >= self.batch_size
        )
        return self.training.drop_last_batch and enough

    def __len__(self) -> int:
        """Count the batches of an epoch."""
        if self.token_batches:
            return self.token_batches.num_batches(drop_last=self.drop_last)
        full, rest = divmod(self.rows, self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def batches(self, epoch: int) -> list[Rows]:
        """Cut the shuffled rows of an epoch into batches."""
        order = permutation(self.rows, random_generator(self.seed, epoch))
        if self.token_batches:
            return self.token_batches.split(order, drop_last=self.drop_last)
        size = self.batch_size
        return [order[number * size : (number + 1) * size] for number in range(len(self))]

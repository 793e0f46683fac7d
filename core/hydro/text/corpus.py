"""Tokenized texts as one packed array and its offsets."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TokenizedTexts:
    """Packed texts; text ``i`` is ``ids[offsets[i]:offsets[i + 1]]``."""

    ids: NDArray[np.int32]
    """``(tokens,)``"""
    offsets: NDArray[np.int64]
    """``(texts + 1,)``"""
    num_suffix_tokens: int
    """Number of special tokens that end every text, such as one ``[SEP]``."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Return the number of tokens of every text: ``(texts,)``."""
        return np.diff(self.offsets)

    def take(self, rows: NDArray[np.int64]) -> "TokenizedTexts":
        """Copy some texts, in the order of ``rows``."""
        starts, ends = self.offsets[rows], self.offsets[rows + 1]
        texts = [self.ids[start:end] for start, end in zip(starts, ends, strict=True)]
        offsets = np.concatenate([[0], (ends - starts).cumsum()])
        return TokenizedTexts(
            np.concatenate([self.ids[:0], *texts]), offsets, self.num_suffix_tokens
        )

    def __len__(self) -> int:
        return len(self.offsets) - 1

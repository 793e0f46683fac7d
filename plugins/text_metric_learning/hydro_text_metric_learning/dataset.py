"""The rows of a split as batches of tokens and classes."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from hydro.api import Batch, Draw
from hydro.text import TokenizedTexts, collate, quantile_length


@dataclass(frozen=True)
class LabeledTexts:
    """Texts, each with its class."""

    corpus: TokenizedTexts
    classes: NDArray[np.int64]
    """``(texts,)``: counted from 0; from the number of training classes on for unseen ones; -1
    without a label."""
    quantile: float = 1.0
    """The texts of a batch are cut at this quantile of their lengths."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Return the tokens of every text: ``(texts,)``."""
        return self.corpus.lengths

    def __len__(self) -> int:
        return len(self.corpus)

    def batch(self, rows: NDArray[np.int64], *, draw: Draw | None = None) -> Batch:
        """Return these texts without padding, and their classes ``(rows,)``."""
        longest = None
        if self.quantile < 1:
            lengths = self.corpus.offsets[rows + 1] - self.corpus.offsets[rows]
            longest = quantile_length(lengths, self.quantile)
        texts = collate(self.corpus, rows, longest=longest)
        return Batch(texts, torch.from_numpy(self.classes[rows]))

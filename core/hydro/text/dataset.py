"""Tokenized texts with targets, as batches."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hydro.text.batches import collate, quantile_length
from hydro.text.corpus import TokenizedTexts
from hydro.training.dataset import Batch
from hydro.training.randomness import Draw


@dataclass(frozen=True)
class LabeledTexts:
    """Texts, each with its target."""

    texts: TokenizedTexts
    targets: NDArray[Any]
    """``(texts,)`` or ``(texts, k)``, as the problem's targets encode them."""
    quantile: float = 1.0
    """The texts of a batch are truncated at this quantile of their lengths."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Return the number of tokens of every text: ``(texts,)``."""
        return self.texts.lengths

    def __len__(self) -> int:
        return len(self.texts)

    def batch(self, rows: NDArray[np.int64], *, draw: Draw | None = None) -> Batch:
        """Return these texts packed, and their targets ``(rows,)`` or ``(rows, k)``."""
        longest = None
        if self.quantile < 1:
            lengths = self.texts.offsets[rows + 1] - self.texts.offsets[rows]
            longest = quantile_length(lengths, self.quantile)
        return Batch(
            collate(self.texts, rows, longest=longest), torch.from_numpy(self.targets[rows])
        )

"""The parts of the word count problem that need torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hydro.api import Batch, Draw, Predictions


@dataclass(frozen=True)
class Counted:
    """Letter counts ``(rows, 10)``, with the number of words ``(rows,)``."""

    letters: torch.Tensor
    words: torch.Tensor

    def __len__(self) -> int:
        return len(self.letters)

    def batch(self, rows: NDArray[np.int64], *, draw: Draw | None = None) -> Batch:
        """Give some rows."""
        return Batch(self.letters[rows], self.words[rows])


class Linear(torch.nn.Module):
    """One linear layer, ``(rows, 10)`` to ``(rows,)``."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = torch.nn.Linear(10, 1)

    def forward(self, letters: torch.Tensor) -> torch.Tensor:
        """Give the number of words."""
        return self.backbone(letters)[:, 0]


@dataclass(frozen=True)
class Counts(Predictions):
    """Predicted numbers of words."""

    counts: NDArray[np.float32]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {"counts": self.counts}

    def columns(self, rows: NDArray[np.int64]) -> dict[str, Sequence[object]]:
        return {"count": self.counts.tolist()}


def predict_counts(model: torch.nn.Module, dataset: Counted, metrics: dict[str, Any]) -> Counts:
    """Predict and score."""
    model.eval()
    with torch.inference_mode():
        counts = model(dataset.letters)
    errors = (counts - dataset.words).abs().double().numpy()
    return Counts(
        {name: metric.contributions(errors) for name, metric in metrics.items()}, counts.numpy()
    )

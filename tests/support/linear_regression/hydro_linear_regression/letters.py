"""The letter counts of texts, and what is predicted from them: the part that needs torch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from hydro.api import Batch, Draw, Metrics
from hydro.supervised import NumberHead, NumberOutputs, NumberPredictions, Numbers, predict_numbers

LETTERS = " etaoinshr"


@dataclass(frozen=True)
class LetterCounts:
    """The letter counts of each text, ``(rows, 10)``, with its target."""

    counts: NDArray[np.float32]
    targets: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.counts)

    def batch(self, rows: NDArray[np.int64], *, draw: Draw | None = None) -> Batch:
        return Batch(torch.from_numpy(self.counts[rows]), torch.from_numpy(self.targets[rows]))


def count_letters(texts: Sequence[str]) -> NDArray[np.float32]:
    counts = [[text.count(letter) for letter in LETTERS] for text in texts]
    return np.array(counts, np.float32).reshape(len(texts), len(LETTERS))


@torch.inference_mode()
def predict(
    model: NumberHead, dataset: LetterCounts, targets: Numbers, metrics: Metrics[NumberOutputs]
) -> NumberPredictions:
    counts = torch.from_numpy(dataset.counts).to(model.weight.device)
    numbers = model.eval()(counts).cpu().numpy()
    return predict_numbers(numbers, dataset.targets, targets=targets, metrics=metrics)


def within_tolerance(outputs: NumberOutputs, tolerance: float) -> NDArray[np.float64]:
    """Compute 1 for each row all of whose errors are small, else 0; NaN without a target."""
    errors = np.abs(outputs.errors()).max(axis=1)
    return np.where(np.isnan(errors), np.nan, errors <= tolerance)

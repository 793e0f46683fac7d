"""Predictions of classes, of several labels a row, and of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hydro.data.labels import Labels
from hydro.plugins.metrics import Metrics
from hydro.plugins.predictions import Predictions
from hydro.supervised.metrics import ClassOutputs, NumberOutputs
from hydro.supervised.multilabel import MultilabelOutputs
from hydro.supervised.targets import Multilabels, Numbers


@dataclass(frozen=True)
class ClassPredictions(Predictions):
    """The probability of each class for the rows of a split."""

    probabilities: NDArray[np.float64]
    """``(rows, classes)``."""
    classes: NDArray[np.int64]
    """``(rows,)``: the true class of each row; -1 where it has none."""
    labels: Labels

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the numeric part, by the name it is stored under."""
        return {"probabilities": self.probabilities, "classes": self.classes}

    def columns(self, rows: NDArray[np.int64]) -> dict[str, Sequence[object]]:
        """Return the most probable class of each row, a column per target, with its probability."""
        names = [self.labels.names[each] for each in self.probabilities.argmax(axis=1)]
        predicted = {
            f"predicted_{column}": [name[place] for name in names]
            for place, column in enumerate(self.labels.columns)
        }
        return {**predicted, "probability": self.probabilities.max(axis=1).round(6).tolist()}


@dataclass(frozen=True)
class MultilabelPredictions(Predictions):
    """The probability of each label for the rows of a split."""

    probabilities: NDArray[np.float64]
    """``(rows, labels)``."""
    targets: Multilabels

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the numeric part, by the name it is stored under."""
        return {"probabilities": self.probabilities}

    def columns(self, rows: NDArray[np.int64]) -> dict[str, Sequence[object]]:
        """Return the probability of each label, a column per label."""
        columns = zip(self.targets.labels, self.probabilities.T, strict=True)
        return {f"probability_{label}": each.round(6).tolist() for label, each in columns}


@dataclass(frozen=True)
class NumberPredictions(Predictions):
    """The predicted numbers for the rows of a split."""

    numbers: NDArray[np.float64]
    """``(rows,)`` or ``(rows, columns)``."""
    targets: Numbers

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the numeric part, by the name it is stored under."""
        return {"numbers": self.numbers}

    def columns(self, rows: NDArray[np.int64]) -> dict[str, Sequence[object]]:
        """Return the predicted numbers, a column per target."""
        numbers = self.numbers.reshape(len(self.numbers), -1).T
        return {
            f"predicted_{name}": each.tolist()
            for name, each in zip(self.targets.columns, numbers, strict=True)
        }


def predict_classes(
    logits: NDArray[np.float32],
    classes: NDArray[np.int64],
    *,
    labels: Labels,
    metrics: Metrics[ClassOutputs],
) -> ClassPredictions:
    """Turn logits ``(rows, classes)`` into probabilities, and compute what the metrics need."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    outputs = ClassOutputs(powers / powers.sum(axis=1, keepdims=True), classes)
    values = {name: metric.contributions(outputs) for name, metric in metrics.items()}
    return ClassPredictions(values, outputs.probabilities, classes, labels)


def predict_multilabels(
    logits: NDArray[np.float32],
    truth: NDArray[np.float32],
    *,
    targets: Multilabels,
    metrics: Metrics[MultilabelOutputs],
) -> MultilabelPredictions:
    """Turn logits ``(rows, labels)`` into probabilities, and compute what the metrics need."""
    # The logistic function, without overflow.
    probabilities = np.exp(-np.logaddexp(0, -logits.astype(np.float64)))
    outputs = MultilabelOutputs(probabilities, truth.astype(np.float64))
    values = {name: metric.contributions(outputs) for name, metric in metrics.items()}
    return MultilabelPredictions(values, outputs.probabilities, targets)


def predict_numbers(
    numbers: NDArray[np.float32],
    truth: NDArray[np.float32],
    *,
    targets: Numbers,
    metrics: Metrics[NumberOutputs],
) -> NumberPredictions:
    """Compute what the metrics need of predicted numbers, and of the true ones, as many."""
    numbers = numbers.reshape(truth.shape)
    outputs = NumberOutputs(numbers.astype(np.float64), truth.astype(np.float64))
    values = {name: metric.contributions(outputs) for name, metric in metrics.items()}
    return NumberPredictions(values, outputs.numbers, targets)

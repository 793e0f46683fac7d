"""Metrics of classification and of regression, by what single rows contribute.

scikit-learn is imported where a score needs it, since that takes as long as importing torch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hydro.plugins.metrics import MeanMetric, RowMetric

Contributions = NDArray[np.float64]
Rows = NDArray[np.int64]
Statistic = Callable[[Rows], float]


class ClassOutputs(NamedTuple):
    """Predictions of classes, with the truth."""

    probabilities: NDArray[np.float64]
    """``(rows, classes)``."""
    classes: NDArray[np.int64]
    """``(rows,)``: the class of each row; outside of 0 … classes - 1 where training knows none."""

    def known(self) -> NDArray[np.bool_]:
        """Return which rows are of a class of training: ``(rows,)``."""
        inside: NDArray[np.bool_] = (self.classes >= 0) & (
            self.classes < self.probabilities.shape[1]
        )
        return inside


class NumberOutputs(NamedTuple):
    """Predictions of numbers, with the truth."""

    numbers: NDArray[np.float64]
    """``(rows,)`` or ``(rows, columns)``."""
    targets: NDArray[np.float64]
    """The same shape; NaN where a target is missing."""

    def errors(self) -> Contributions:
        """Return prediction minus target: ``(rows, columns)``."""
        errors: Contributions = (self.numbers - self.targets).reshape(len(self.targets), -1)
        return errors


def accuracy(outputs: ClassOutputs) -> Contributions:
    """Compute 1 for each row whose most probable class is right, else 0."""
    right = outputs.probabilities.argmax(axis=1) == outputs.classes
    return np.where(outputs.known(), right, np.nan)


def log_loss(outputs: ClassOutputs) -> Contributions:
    """Compute minus the logarithm of the probability of the true class of each row."""
    known, losses = outputs.known(), np.full(len(outputs.classes), np.nan)
    probabilities = outputs.probabilities[known, outputs.classes[known]]
    losses[known] = -np.log(np.maximum(probabilities, np.finfo(np.float64).eps))
    return losses


def absolute_error(outputs: NumberOutputs) -> Contributions:
    """Compute the absolute error of each row, averaged over columns."""
    errors: Contributions = np.abs(outputs.errors()).mean(axis=1)
    return errors


@dataclass(frozen=True)
class F1(RowMetric[ClassOutputs]):
    """The F1 score of scikit-learn, averaged over classes or over rows.

    A class that no row has or is predicted to have does not count.
    """

    average: Literal["macro", "micro"]

    def contributions(self, outputs: ClassOutputs, /) -> Contributions:
        """Return the predicted and the true class of each row: ``(rows, 2)``."""
        both = np.stack([outputs.probabilities.argmax(axis=1), outputs.classes], axis=1)
        return np.where(outputs.known()[:, None], both, np.nan)

    def score(self, contributions: Contributions) -> float:
        """Compute the score."""
        from sklearn.metrics import f1_score

        predicted, true = contributions.astype(np.int64).T
        return float(f1_score(true, predicted, average=self.average))

    def change(self, before: Contributions, after: Contributions) -> Statistic:
        """Return a function that computes the change by counting, as it is called often."""
        first, second = self._resampled(before), self._resampled(after)
        return lambda rows: second(rows) - first(rows)

    def _resampled(self, contributions: Contributions) -> Statistic:
        predicted, true = contributions.astype(np.int64).T
        classes = 1 + int(contributions.max())

        def score(rows: Rows) -> float:
            guesses, truth = predicted[rows], true[rows]
            hits = np.bincount(truth[guesses == truth], minlength=classes)
            total = np.bincount(guesses, minlength=classes) + np.bincount(truth, minlength=classes)
            if self.average == "micro":
                return float(2 * hits.sum() / total.sum())
            there = total > 0
            return float((2 * hits[there] / total[there]).mean())

        return score


class RocAuc(RowMetric[ClassOutputs]):
    """The area under the ROC curve: each class against the rest, averaged over the classes.

    Classes that no row has do not count; not defined on rows of a single class.
    """

    def contributions(self, outputs: ClassOutputs, /) -> Contributions:
        """Return the probabilities and the true class of each row: ``(rows, classes + 1)``."""
        both = np.column_stack([outputs.probabilities, outputs.classes])
        return np.where(outputs.known()[:, None], both, np.nan)

    def score(self, contributions: Contributions) -> float:
        """Compute the score; NaN on rows of a single class."""
        from sklearn.metrics import roc_auc_score

        true = contributions[:, -1].astype(np.int64)
        present = np.unique(true)
        if len(present) == 1:
            return float("nan")
        return float(np.mean([roc_auc_score(true == c, contributions[:, c]) for c in present]))

    def change(self, before: Contributions, after: Contributions) -> Statistic:
        """Return a function that computes the change, with all rows sorted once."""
        first, second = self._resampled(before), self._resampled(after)
        return lambda rows: second(rows) - first(rows)

    def _resampled(self, contributions: Contributions) -> Statistic:
        true = contributions[:, -1].astype(np.int64)
        ranked = [np.unique(each, return_inverse=True) for each in contributions.T[:-1]]

        def score(rows: Rows) -> float:
            truth = true[rows]
            present = np.unique(truth)
            if len(present) == 1:
                return float("nan")
            areas = [_area(ranked[c][1][rows], truth == c, ties=len(ranked[c][0])) for c in present]
            return float(np.mean(areas))

        return score


def _area(ranks: NDArray[np.int64], positive: NDArray[np.bool_], *, ties: int) -> float:
    """Compute the share of pairs in which the positive row ranks higher; ties count half."""
    wanted = np.bincount(ranks[positive], minlength=ties)
    others = np.bincount(ranks[~positive], minlength=ties)
    below = np.cumsum(others) - others / 2
    return float(wanted @ below / (wanted.sum() * others.sum()))


class RootMeanSquaredError(RowMetric[NumberOutputs]):
    """The root of the mean squared error, averaged over columns."""

    def contributions(self, outputs: NumberOutputs, /) -> Contributions:
        """Return the squared errors: ``(rows, columns)``."""
        return outputs.errors() ** 2

    def score(self, contributions: Contributions) -> float:
        """Compute the score."""
        return float(np.sqrt(contributions.mean(axis=0)).mean())


class R2(RowMetric[NumberOutputs]):
    """The share of the variance that is explained, averaged over columns."""

    def contributions(self, outputs: NumberOutputs, /) -> Contributions:
        """Return errors and targets: ``(rows, 2 * columns)``."""
        targets = outputs.targets.reshape(len(outputs.targets), -1)
        return np.concatenate([outputs.errors(), targets], axis=1)

    def score(self, contributions: Contributions) -> float:
        """Compute the score; NaN on a single row; for equal targets 1 without an error, else 0."""
        if len(contributions) == 1:
            return float("nan")
        errors, targets = np.split(contributions, 2, axis=1)
        missed, spread = (errors**2).sum(axis=0), targets.var(axis=0) * len(targets)
        # Loading r2_score takes 1.2 s, and calling it 2,000 times for an interval another second.
        explained = 1 - np.divide(missed, spread, out=np.ones_like(spread), where=spread > 0)
        return float(np.where((spread == 0) & (missed == 0), 1, explained).mean())


METRICS: dict[str, RowMetric] = {
    "Accuracy": MeanMetric(accuracy),
    "F1 macro": F1("macro"),
    "F1 micro": F1("micro"),
    "ROC AUC": RocAuc(),
    "Log loss": MeanMetric(log_loss),
    "RMSE": RootMeanSquaredError(),
    "MAE": MeanMetric(absolute_error),
    "R2": R2(),
}
"""By the name that the settings use."""

"""Metrics of several labels a row, by what single rows contribute."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hydro.plugins.metrics import MeanMetric, RowMetric

Values = NDArray[np.float64]

LIKELY = 0.5
"""The probability from which on a label is predicted."""


class MultilabelOutputs(NamedTuple):
    """Predictions of several labels a row, with the truth."""

    probabilities: Values
    """``(rows, labels)``."""
    truth: Values
    """The same shape: 1 for each label of a row, else 0; NaN where it is missing."""


class LabelMetric(RowMetric[MultilabelOutputs]):
    """A metric of the probabilities and the truth of some rows."""

    def contributions(self, outputs: MultilabelOutputs, /) -> Values:
        """Return the probabilities, then the truth, of each row: ``(rows, 2 * labels)``."""
        both = np.concatenate(outputs, axis=1)
        return np.where(_without_truth(outputs)[:, None], np.nan, both)


@dataclass(frozen=True)
class MultilabelF1(LabelMetric):
    """The F1 score of scikit-learn, averaged over labels or over all pairs of row and label.

    A label that no row has or is predicted to have does not count.
    """

    average: Literal["macro", "micro"]

    def score(self, contributions: Values) -> float:
        """Compute the score; NaN where no row has a label, nor is predicted to have one."""
        from sklearn.metrics import f1_score

        probabilities, true = np.split(contributions, 2, axis=1)
        predicted = probabilities >= LIKELY
        there = predicted.any(axis=0) | (true == 1).any(axis=0)
        if not there.any():
            return float("nan")
        # Of a single column f1_score would take 0 for a class of its own.
        if there.sum() == 1 or self.average == "micro":
            return float(f1_score(true[:, there].ravel(), predicted[:, there].ravel()))
        return float(f1_score(true[:, there], predicted[:, there], average=self.average))


@dataclass(frozen=True)
class RankingMetric(LabelMetric):
    """A metric of the order of the rows by the probability of a label, averaged over labels.

    A label that no row has, or every one, does not count.
    """

    function: Literal["roc_auc_score", "average_precision_score"]
    """Of scikit-learn; called with the truth and the probabilities of one label: ``(rows,)``."""

    def score(self, contributions: Values) -> float:
        """Compute the score; NaN where no label counts."""
        import sklearn.metrics

        function = getattr(sklearn.metrics, self.function)
        probabilities, true = np.split(contributions, 2, axis=1)
        varied = np.flatnonzero((true == 1).any(axis=0) & (true == 0).any(axis=0))
        if not len(varied):
            return float("nan")
        return float(np.mean([function(true[:, n], probabilities[:, n]) for n in varied]))


def binary_cross_entropy(outputs: MultilabelOutputs) -> Values:
    """Compute minus the logarithm of the probability of the truth, the mean over labels."""
    of_truth = np.where(outputs.truth == 1, outputs.probabilities, 1 - outputs.probabilities)
    losses = -np.log(np.maximum(of_truth, np.finfo(np.float64).eps)).mean(axis=1)
    return np.where(_without_truth(outputs), np.nan, losses)


def _without_truth(outputs: MultilabelOutputs) -> NDArray[np.bool_]:
    """Return which rows lack the truth of a label: ``(rows,)``."""
    missing: NDArray[np.bool_] = np.isnan(outputs.truth.sum(axis=1))
    return missing


METRICS: dict[str, RowMetric] = {
    "F1 macro": MultilabelF1("macro"),
    "F1 micro": MultilabelF1("micro"),
    "ROC AUC": RankingMetric("roc_auc_score"),
    "Average precision": RankingMetric("average_precision_score"),
    "Log loss": MeanMetric(binary_cross_entropy),
}
"""By the name that the settings use."""

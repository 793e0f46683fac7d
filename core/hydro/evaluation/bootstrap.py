"""How much better a model became, on the same rows, and how sure that is."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hydro.plugins.predictions import Predictions

RESAMPLES = 2000


def compare(
    before: Predictions,
    after: Predictions,
    metric: str,
    unseen: NDArray[np.bool_],
    *,
    higher_is_better: bool,
) -> dict[str, Any]:
    """Compare two models on the rows of one split.

    Args:
        before: The untrained model's predictions.
        after: The trained model's, of the same rows in the same order.
        metric: The metric that the comparison is about; the others are given beside it.
        unseen: Shape (rows,): the class was not among the training rows.
        higher_is_better: Of the chosen metric.

    Returns:
        Scores of every metric before and after; for the chosen one also the change with its 95 %
        interval from a paired bootstrap over rows (Efron and Tibshirani 1993, chapter 13), and
        seen and unseen classes apart.

    Raises:
        MetricError: the metric is not defined on any row.
    """
    scores = {
        name: {"before": before.score(name), "after": after.score(name)} for name in after.values
    }
    defined = after.defined(metric)
    changes = (after.values[metric] - before.values[metric])[defined]
    interval = mean_interval(changes)
    return {
        "metric": metric,
        "verdict": verdict(*interval, higher_is_better=higher_is_better),
        **scores[metric],
        "change": float(changes.mean()),
        "change_interval": interval,
        "rows": int(defined.size),
        "rows_left_out": int((~defined).sum()),
        "seen_classes": _subset(before, after, metric, defined & ~unseen),
        "unseen_classes": _subset(before, after, metric, defined & unseen),
        "metrics": scores,
    }


def flatten_scores(scores: Mapping[str, Any]) -> dict[str, float]:
    """List every metric of every split before, after and as a change, for a tracker."""
    return {
        f"scores/{split}/{metric}/{when}": value
        for split, found in scores.items()
        for metric, told in found["metrics"].items()
        for when, value in {**told, "change": told["after"] - told["before"]}.items()
    }


def _subset(
    before: Predictions, after: Predictions, metric: str, rows: NDArray[np.bool_]
) -> dict[str, Any] | None:
    if not rows.any():
        return None
    return {
        "rows": int(rows.sum()),
        "before": float(before.values[metric][rows].mean()),
        "after": float(after.values[metric][rows].mean()),
    }


def verdict(low: float, high: float, *, higher_is_better: bool) -> str:
    """Describe in words what an interval of a change means."""
    if low <= 0 <= high:
        return "not clearly different"
    return "better" if (low > 0) is higher_is_better else "worse"


def mean_interval(changes: NDArray[np.float64]) -> list[float]:
    """Bound the mean of paired changes ``(rows,)``, with 95 % confidence.

    The bounds are the 2.5 % and 97.5 % quantiles of the mean over resampled rows: the percentile
    bootstrap of Efron and Tibshirani (1993), chapter 13.
    """
    generator = np.random.default_rng(0)
    means = [
        changes[generator.integers(0, changes.size, changes.size)].mean() for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(means, [0.025, 0.975])
    return [float(low), float(high)]

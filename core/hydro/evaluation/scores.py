"""Scores of a model on the rows of a split, and how much better it became."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hydro.artifacts.files import JsonObject
from hydro.errors import MetricError
from hydro.evaluation.bootstrap import change_interval
from hydro.plugins.metrics import Metrics, RowMetric
from hydro.plugins.predictions import Predictions, defined_rows


def score(name: str, metric: RowMetric, contributions: NDArray[np.float64]) -> float:
    """Compute the score of a metric over the rows on which it is defined.

    Raises:
        MetricError: it is defined on none of them.
    """
    defined = contributions[defined_rows(contributions)]
    if not len(defined):
        msg = (
            f"{name} is not defined on any of the {len(contributions):,} rows. Hold out more rows, "
            "or other ones"
        )
        raise MetricError(msg)
    return metric.score(defined)


def compare(
    before: Predictions,
    after: Predictions,
    metrics: Metrics,
    chosen: str,
    *,
    higher_is_better: bool,
    subsets: Mapping[str, NDArray[np.bool_]] | None = None,
    undefined_rows: str = "",
) -> JsonObject:
    """Compare two models on the rows of one split.

    Args:
        before: the untrained model's predictions.
        after: the trained model's, of the same rows in the same order.
        metrics: the metrics, by name.
        chosen: the metric that the comparison is about; the others stand beside it.
        higher_is_better: of the chosen metric.
        subsets: rows ``(rows,)`` that are also scored apart, by name.
        undefined_rows: why the metric may not be defined on a row.

    Returns:
        Scores of every metric before and after; for the chosen one also the change with its 95 %
        interval from a bootstrap paired over rows, and the scores of the subsets.

    Raises:
        MetricError: a metric is not defined on any row.
    """
    scores = {
        name: {
            "before": score(name, metrics[name], before.values[name]),
            "after": score(name, metrics[name], after.values[name]),
        }
        for name in after.values
    }
    metric, values = metrics[chosen], (before.values[chosen], after.values[chosen])
    defined = before.defined(chosen) & after.defined(chosen)
    paired = [each[defined] for each in values]
    interval = change_interval(metric, *paired)
    return {
        "metric": chosen,
        "verdict": verdict(*interval, higher_is_better=higher_is_better),
        **scores[chosen],
        "change": metric.change(*paired)(np.arange(len(paired[0]))),
        "change_interval": interval,
        "rows": int(defined.size),
        "rows_left_out": int((~defined).sum()),
        "left_out_because": undefined_rows,
        "subsets": [*(subsets or {})],
        **{
            name: _subset(metric, *(each[rows & defined] for each in values))
            for name, rows in (subsets or {}).items()
        },
        "metrics": scores,
    }


def flatten_scores(scores: JsonObject) -> dict[str, float]:
    """Return every metric of every split before, after and as a change, for a tracker."""
    return {
        f"scores/{split}/{metric}/{when}": value
        for split, comparison in scores.items()
        for metric, each in comparison["metrics"].items()
        for when, value in {**each, "change": each["after"] - each["before"]}.items()
    }


def verdict(low: float, high: float, *, higher_is_better: bool) -> str:
    """Describe in words what the interval of a change means."""
    if low <= 0 <= high:
        return "not clearly different"
    return "better" if (low > 0) is higher_is_better else "worse"


def _subset(
    metric: RowMetric, before: NDArray[np.float64], after: NDArray[np.float64]
) -> dict[str, float] | None:
    if not len(after):
        return None
    return {"rows": len(after), "before": metric.score(before), "after": metric.score(after)}

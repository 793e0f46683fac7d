"""Scores of a model on the rows of a split, and how much better it became."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hydro.artifacts.files import JsonObject
from hydro.errors import MetricError
from hydro.evaluation.intervals import MIN_ROWS, change_interval
from hydro.plugins.metrics import Metrics, RowMetric
from hydro.plugins.predictions import Predictions, defined_rows


def score(name: str, metric: RowMetric, contributions: NDArray[np.float64]) -> float:
    """Compute the score of a metric over the rows on which it is defined.

    Raises:
        MetricError: it is defined on none of them, or not on these together.
    """
    defined = contributions[defined_rows(contributions)]
    found = metric.score(defined) if len(defined) else float("nan")
    if not math.isfinite(found):
        rows = len(defined) or len(contributions)
        msg = (
            f"{name} is not defined on {'' if len(defined) else 'any of '}the {rows:,} rows. Hold "
            "out more rows, or other ones"
        )
        raise MetricError(msg)
    return found


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
        Scores of every metric before and after, and the 95 % interval of its change; those that
        are not defined on these rows by name only. For the chosen one also the change, a verdict
        and the scores of the subsets.

    Raises:
        MetricError: the chosen metric is not defined on the rows.
    """
    scores, undefined = {}, []
    for name in after.values:
        try:
            scores[name] = _compare_metric(name, metrics[name], before, after)
        except MetricError:
            if name == chosen:
                raise
            undefined.append(name)
    defined = before.defined(chosen) & after.defined(chosen)
    values = before.values[chosen], after.values[chosen]
    metric, interval = metrics[chosen], scores[chosen]["change_interval"]
    return {
        "metric": chosen,
        "verdict": verdict(interval, higher_is_better=higher_is_better),
        **scores[chosen],
        "change": metric.change(*(each[defined] for each in values))(np.arange(defined.sum())),
        "interval_note": "" if interval else too_few(int(defined.sum())),
        "rows": int(defined.size),
        "rows_left_out": int((~defined).sum()),
        "left_out_because": undefined_rows,
        "subsets": [*(subsets or {})],
        **{
            name: _subset(metric, *(each[rows & defined] for each in values))
            for name, rows in (subsets or {}).items()
        },
        "metrics": scores,
        "undefined_metrics": undefined,
    }


def _compare_metric(
    name: str, metric: RowMetric, before: Predictions, after: Predictions
) -> JsonObject:
    """Return the score before and after, and the interval of the change."""
    first, second = before.values[name], after.values[name]
    defined = before.defined(name) & after.defined(name)
    both = name in before.leave_one_out and name in after.leave_one_out
    owed = after.leave_one_out[name] - before.leave_one_out[name] if both else None
    return {
        "before": score(name, metric, first),
        "after": score(name, metric, second),
        "change_interval": change_interval(metric, first[defined], second[defined], owed),
    }


def flatten_scores(scores: JsonObject) -> dict[str, float]:
    """Return every metric of every split before, after and as a change, for a tracker."""
    return {
        f"scores/{split}/{metric}/{when}": value
        for split, comparison in scores.items()
        for metric, each in comparison["metrics"].items()
        for when, value in {
            "before": each["before"],
            "after": each["after"],
            "change": each["after"] - each["before"],
        }.items()
    }


NO_VERDICT = "too few rows for a verdict"


def verdict(interval: Sequence[float] | None, *, higher_is_better: bool) -> str:
    """Describe in words what the interval of a change means."""
    if interval is None:
        return NO_VERDICT
    low, high = interval
    if low <= 0 <= high:
        return "not clearly different"
    return "better" if (low > 0) is higher_is_better else "worse"


def too_few(rows: int) -> str:
    """Describe why there is no interval."""
    if rows >= MIN_ROWS:
        return "no interval: the metric is not defined on resampled rows"
    return f"no interval: {rows:,} rows are scored, and below {MIN_ROWS} it does not hold"


def _subset(
    metric: RowMetric, before: NDArray[np.float64], after: NDArray[np.float64]
) -> dict[str, float] | None:
    """Return the scores of some rows; None where there are none, or none is defined."""
    if not len(after):
        return None
    scores = {"before": metric.score(before), "after": metric.score(after)}
    return {"rows": len(after), **scores} if np.isfinite([*scores.values()]).all() else None

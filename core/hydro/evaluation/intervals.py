"""The 95 % interval of a change between two models, on the same rows."""

import numpy as np
from numpy.typing import NDArray

from hydro.evaluation.bootstrap import bootstrap_interval
from hydro.plugins.metrics import MeanMetric, RowMetric

MIN_ROWS = 20
"""Fewer rows get no interval and no verdict: it would not hold what it promises."""

MANY_ROWS = 10_000
"""Above so many rows a mean is as good as normal, and other metrics are resampled less."""

RESAMPLES, FEWER_RESAMPLES = 2000, 200

DRAWN_ROWS = 100_000
"""Rows of a resample, at most."""

DEPENDENCE = 2.0
"""By how much an interval is widened that takes dependent rows for independent: in simulations it
was up to so much too narrow (`docs/benchmarks.md`)."""

Values = NDArray[np.float64]


def change_interval(
    metric: RowMetric, before: Values, after: Values, leave_one_out: Values | None = None
) -> list[float] | None:
    """Return the bounds of the change of a score, with 95 % confidence; None for too few rows.

    Args:
        metric: its score is compared.
        before: contributions of the rows, on all of which the metric is defined: ``(rows,)`` or
            ``(rows, k)``.
        after: the same of the other model.
        leave_one_out: where rows are compared with each other, what the change owes to each row
            of the split: that of the second model's ``Predictions.leave_one_out`` less the first's.
    """
    if len(after) < MIN_ROWS:
        return None
    if leave_one_out is not None:
        change = metric.change(before, after)(np.arange(len(after)))
        return _around(change, jackknife_error(leave_one_out), len(leave_one_out))
    interval = _independent_interval(metric, before, after)
    if interval is None or metric.independent_rows:
        return interval
    change = metric.change(before, after)(np.arange(len(after)))
    return [change + DEPENDENCE * (bound - change) for bound in interval]


def jackknife_error(leave_one_out: Values) -> float:
    """Return the standard error of a statistic of rows that are compared with each other.

    V = (m-1)/m · Σ_j (d_j - mean of d)² - Σ_j p_j², with d_j the change of the statistic when row
    j leaves, and p_j a sum over what it does with one other row each, which
    the first term counts twice. Efron and Stein
    (1981); Cameron, Gelbach and Miller (2011). Where rows are searched, the library has more.
    """
    rows = len(leave_one_out)
    deviations, twice = leave_one_out.T
    jackknife = (rows - 1) / rows * float(np.square(deviations - deviations.mean()).sum())
    # An estimate of a few rows may take away too much.
    return float(np.sqrt(max(jackknife - float(np.square(twice).sum()), jackknife / 4)))


def _independent_interval(metric: RowMetric, before: Values, after: Values) -> list[float] | None:
    """Return the interval for rows that do not depend on each other."""
    rows = len(after)
    statistic = metric.change(before, after)
    if rows <= MANY_ROWS:
        return bootstrap_interval(statistic, rows, RESAMPLES)
    if isinstance(metric, MeanMetric):
        return _around(statistic(np.arange(rows)), float((after - before).std()) / rows**0.5, rows)
    drawn = min(rows, DRAWN_ROWS)
    interval = bootstrap_interval(statistic, rows, FEWER_RESAMPLES, drawn)
    if interval is None or drawn == rows:
        return interval
    # Of fewer rows the spread is larger by the root of the ratio: Bickel, Götze and van Zwet,
    # "Resampling fewer than n observations" (1997).
    change = statistic(np.arange(rows))
    return [change + (bound - change) * float(np.sqrt(drawn / rows)) for bound in interval]


def _around(change: float, error: float, rows: int) -> list[float]:
    """Return the interval of Student's t, whose quantile is a series in 1 / degrees of freedom.

    Abramowitz and Stegun (1964), 26.7.5; from 19 degrees on its two terms are right to 0.001.
    """
    z, freedom = 1.959964, rows - 1
    quantile = z + (z**3 + z) / (4 * freedom)
    quantile += (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    return [change - quantile * error, change + quantile * error]

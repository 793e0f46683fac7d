"""Intervals by the bootstrap, paired over rows."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hydro.plugins.metrics import MeanMetric, RowMetric

RESAMPLES = 2000

FEWER_RESAMPLES = 200
MANY_ROWS = 10_000
"""Above so many rows a metric that is no mean, which may sort all of them, is resampled less."""


def change_interval(
    metric: RowMetric, before: NDArray[np.float64], after: NDArray[np.float64]
) -> list[float]:
    """Return the bounds of the change of a score, with 95 % confidence.

    ``before`` and ``after`` are contributions of the same rows, on all of which the metric is
    defined: ``(rows,)`` or ``(rows, k)``.
    """
    rows = len(after)
    fewer = rows > MANY_ROWS and not isinstance(metric, MeanMetric)
    resamples = FEWER_RESAMPLES if fewer else RESAMPLES
    return bootstrap_interval(metric.change(before, after), rows, resamples)


def bootstrap_interval(
    statistic: Callable[[NDArray[np.int64]], float], rows: int, resamples: int = RESAMPLES
) -> list[float]:
    """Return the 2.5 % and 97.5 % quantiles of a statistic over resampled rows.

    The percentile bootstrap of Efron and Tibshirani (1993), chapter 13. A resample on which the
    statistic is not defined, such as the ROC AUC of rows that are all alike, is left out.
    """
    generator = np.random.default_rng(0)
    values = [statistic(generator.integers(0, rows, rows)) for _ in range(resamples)]
    low, high = np.nanquantile(values, [0.025, 0.975])
    return [float(low), float(high)]

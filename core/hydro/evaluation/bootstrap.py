"""Intervals by the bootstrap, for rows that do not depend on each other."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


def bootstrap_interval(
    statistic: Callable[[NDArray[np.int64]], float],
    rows: int,
    resamples: int,
    drawn: int | None = None,
) -> list[float] | None:
    """Return the 2.5 % and 97.5 % quantiles of a statistic over resampled rows.

    The percentile bootstrap of Efron and Tibshirani (1993), chapter 13. A resample on which the
    statistic is not defined, such as the ROC AUC of rows that are all alike, is left out.

    Args:
        statistic: of positions of rows, which may repeat.
        rows: how many there are.
        resamples: how often they are drawn.
        drawn: rows of a resample; None for as many as there are.

    Returns:
        None where the statistic is defined on no resample.
    """
    generator = np.random.default_rng(0)
    size = rows if drawn is None else drawn
    values = np.array([statistic(generator.integers(0, rows, size)) for _ in range(resamples)])
    values = values[np.isfinite(values)]
    return np.quantile(values, [0.025, 0.975]).tolist() if len(values) else None

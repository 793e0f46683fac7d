"""Bounds of a statistic over resampled rows."""

import numpy as np
import pytest

from hydro.evaluation.bootstrap import bootstrap_interval


def test_the_interval_of_a_statistic_covers_its_spread() -> None:
    values = np.random.default_rng(1).normal(0.1, 0.5, 400)
    interval = bootstrap_interval(lambda rows: float(values[rows].mean()), 400, 2000)
    assert interval is not None
    low, high = interval
    half = 1.96 * values.std() / np.sqrt(400)
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.006)


def test_a_resample_on_which_the_statistic_is_undefined_is_left_out() -> None:
    def statistic(rows: np.ndarray) -> float:
        return float("nan") if 0 in rows else float(rows.mean())

    interval = bootstrap_interval(statistic, 5, 2000)
    assert interval is not None
    low, high = interval
    assert 1 <= low < high <= 4


def test_a_statistic_that_no_resample_defines_has_no_interval() -> None:
    assert bootstrap_interval(lambda rows: float("nan"), 5, 10) is None


def test_a_resample_may_have_fewer_rows() -> None:
    sizes: set[int] = set()

    def statistic(rows: np.ndarray) -> float:
        sizes.add(len(rows))
        return float(rows.mean())

    assert bootstrap_interval(statistic, 50, 10, 7) is not None
    assert sizes == {7}

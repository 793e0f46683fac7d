"""Intervals of a change: of independent rows, of rows that are compared, of few and of many."""

from typing import ClassVar

import numpy as np
import pytest

from hydro.evaluation import intervals
from hydro.evaluation.intervals import MIN_ROWS, change_interval, jackknife_error
from hydro.plugins.metrics import MeanMetric, RowMetric

MEAN: MeanMetric[np.ndarray] = MeanMetric(np.asarray)


class Median(RowMetric[np.ndarray]):
    """A metric that is no mean."""

    def contributions(self, outputs: np.ndarray, /) -> np.ndarray:
        """Return the values."""
        return outputs

    def score(self, contributions: np.ndarray) -> float:
        """Compute their median."""
        return float(np.median(contributions))


class Dependent(MeanMetric[np.ndarray]):
    """A mean of rows that depend on each other."""

    independent_rows: ClassVar[bool] = False


def bounds(metric: RowMetric, *values: np.ndarray) -> tuple[float, float]:
    """Return the interval, which there is."""
    interval = change_interval(metric, *values)
    assert interval is not None
    return interval[0], interval[1]


def test_a_mean_and_the_same_mean_as_a_score_have_the_same_interval() -> None:
    before, after = np.random.default_rng(2).random((2, 60))

    class Mean(Median):
        def score(self, contributions: np.ndarray) -> float:
            return float(contributions.mean())

    expected = bounds(MEAN, before, after)
    assert bounds(Mean(), before, after) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("metric", [MEAN, Median(), Dependent(np.asarray)])
def test_below_twenty_rows_there_is_no_interval(metric: RowMetric) -> None:
    before, after = np.random.default_rng(2).random((2, MIN_ROWS))
    assert change_interval(metric, before, after) is not None
    assert change_interval(metric, before[1:], after[1:]) is None
    owed = np.random.default_rng(3).random((MIN_ROWS, 2))
    assert change_interval(metric, before, after, owed) is not None
    assert change_interval(metric, before[1:], after[1:], owed) is None


def test_many_rows_are_resampled_less_where_a_score_is_no_mean(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intervals, "MANY_ROWS", 20)
    monkeypatch.setattr(intervals, "DRAWN_ROWS", 30)
    counted: list[int] = []

    class Counted(Median):
        def score(self, contributions: np.ndarray) -> float:
            counted.append(len(contributions))
            return super().score(contributions)

    change_interval(Counted(), np.zeros(21), np.ones(21))
    assert counted == [21] * 2 * intervals.FEWER_RESAMPLES
    counted.clear()
    change_interval(Counted(), np.zeros(40), np.ones(40))
    assert sorted(counted) == [30] * 2 * intervals.FEWER_RESAMPLES + [40, 40]


@pytest.mark.parametrize("metric", [MEAN, Median()])
def test_intervals_of_many_rows_are_as_wide_as_those_of_all_resamples(
    metric: RowMetric, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, change = np.random.default_rng(4).normal(size=(2, 4000))
    low, high = bounds(metric, before, before + change)
    monkeypatch.setattr(intervals, "MANY_ROWS", 100)
    monkeypatch.setattr(intervals, "DRAWN_ROWS", 1000)
    few, many = bounds(metric, before, before + change)
    assert (few, many) == pytest.approx((low, high), abs=0.25 * (high - low))
    assert many - few == pytest.approx(high - low, rel=0.25)


def test_a_mean_of_many_rows_is_not_resampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intervals, "bootstrap_interval", None)
    changes = np.arange(1_000_000) % 7
    low, high = bounds(MEAN, np.zeros(1_000_000), changes)
    assert (low + high) / 2 == pytest.approx(changes.mean())
    assert high - low == pytest.approx(2 * 1.96 * 2 / 1000, rel=1e-3)


def test_the_error_of_a_mean_of_independent_rows_is_that_of_the_mean() -> None:
    values = np.random.default_rng(5).normal(size=50)
    owed = np.array([np.delete(values, row).mean() - values.mean() for row in range(50)])
    error = jackknife_error(np.stack([owed, np.zeros(50)], axis=1))
    assert error == pytest.approx(values.std(ddof=1) / np.sqrt(50))


def test_what_pairs_count_twice_is_taken_away_but_not_more_than_there_is() -> None:
    owed = np.stack([np.tile([-1.0, 1.0], 25), np.zeros(50)], axis=1)
    assert jackknife_error(owed) == pytest.approx(7)
    owed[:, 1] = 0.5
    assert jackknife_error(owed) == pytest.approx(np.sqrt(49 - 50 / 4))
    owed[:, 1] = 5
    assert jackknife_error(owed) == pytest.approx(3.5)


def test_the_interval_of_a_jackknife_is_student_s() -> None:
    before, after = np.zeros(20), np.ones(20)
    owed = np.stack([np.tile([-1.0, 1.0], 10), np.zeros(20)], axis=1)
    interval = change_interval(MEAN, before, after, owed)
    # The quantile of 19 degrees of freedom is 2.0930.
    half = 2.0930 * np.sqrt(19 / 20 * 20)
    assert interval == pytest.approx([1 - half, 1 + half], abs=0.005)


def test_rows_that_depend_on_each_other_without_more_have_twice_the_interval() -> None:
    before, after = np.random.default_rng(6).random((2, 60))
    change = after.mean() - before.mean()
    low, high = bounds(MEAN, before, after)
    wider = bounds(Dependent(np.asarray), before, after)
    assert wider == pytest.approx((change - 2 * (change - low), change + 2 * (high - change)))

"""Bounds of a statistic over resampled rows."""

import numpy as np
import pytest

from hydro.evaluation import bootstrap
from hydro.evaluation.bootstrap import bootstrap_interval, change_interval
from hydro.plugins.metrics import MeanMetric, RowMetric


class Median(RowMetric[np.ndarray]):
    """A metric that is no mean."""

    def contributions(self, outputs: np.ndarray, /) -> np.ndarray:
        """Return the values."""
        return outputs

    def score(self, contributions: np.ndarray) -> float:
        """Compute their median."""
        return float(np.median(contributions))


def test_the_interval_of_a_statistic_covers_its_spread() -> None:
    values = np.random.default_rng(1).normal(0.1, 0.5, 400)
    low, high = bootstrap_interval(lambda rows: float(values[rows].mean()), 400)
    half = 1.96 * values.std() / np.sqrt(400)
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.006)


def test_a_resample_on_which_the_statistic_is_undefined_is_left_out() -> None:
    def statistic(rows: np.ndarray) -> float:
        return float("nan") if 0 in rows else float(rows.mean())

    low, high = bootstrap_interval(statistic, 5)
    assert 1 <= low < high <= 4


def test_a_mean_and_the_same_mean_as_a_score_have_the_same_interval() -> None:
    before, after = np.random.default_rng(2).random((2, 60))

    class Mean(Median):
        def score(self, contributions: np.ndarray) -> float:
            return float(contributions.mean())

    plain: MeanMetric[np.ndarray] = MeanMetric(np.asarray)
    expected = change_interval(plain, before, after)
    assert change_interval(Mean(), before, after) == pytest.approx(expected, abs=1e-12)


def test_many_rows_are_resampled_less_where_a_score_is_no_mean(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bootstrap, "MANY_ROWS", 10)
    counted: list[int] = []

    class Counted(Median):
        def score(self, contributions: np.ndarray) -> float:
            counted.append(len(contributions))
            return super().score(contributions)

    change_interval(Counted(), np.zeros(11), np.ones(11))
    assert counted == [11] * 2 * bootstrap.FEWER_RESAMPLES

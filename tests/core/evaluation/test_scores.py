"""Two models are compared on the same rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from hydro.errors import MetricError
from hydro.evaluation.intervals import jackknife_error
from hydro.evaluation.scores import compare, score
from hydro.plugins.metrics import MeanMetric, RowMetric
from hydro.plugins.predictions import Predictions

NAN = float("nan")


def predictions(*values: float, **others: Sequence[float]) -> Predictions:
    """Make predictions with these values of the metric m, and of others."""
    return Predictions({"m": np.array(values), **{k: np.array(v) for k, v in others.items()}})


def compared(
    before: Predictions,
    after: Predictions,
    subsets: dict[str, Sequence[bool]] | None = None,
    *,
    higher_is_better: bool = True,
) -> dict[str, Any]:
    """Compare by the metric m."""
    return compare(
        before,
        after,
        {name: MeanMetric(np.asarray) for name in before.values},
        "m",
        higher_is_better=higher_is_better,
        subsets={name: np.array(rows) for name, rows in (subsets or {}).items()},
        undefined_rows="no target",
    )


def test_scores_are_means_over_the_rows_that_the_metric_is_defined_on() -> None:
    found = compared(predictions(0.0, 0.5, NAN, 0.1), predictions(0.5, 1.0, NAN, 0.6))
    assert found["before"] == pytest.approx(0.2)
    assert found["after"] == pytest.approx(0.7)
    assert found["change"] == pytest.approx(0.5)
    assert (found["rows"], found["rows_left_out"]) == (4, 1)


def test_a_change_that_is_the_same_for_every_row_is_certain() -> None:
    before = np.tile([0.0, 0.25, 0.75, 0.5], 5)
    found = compared(predictions(*before), predictions(*(before + 0.25)))
    assert found["change_interval"] == [0.25, 0.25]


def test_the_interval_is_that_of_a_mean() -> None:
    changes = np.random.default_rng(1).normal(0.1, 0.5, 400)
    before = np.random.default_rng(2).normal(0, 50, 400)
    low, high = compared(predictions(*before), predictions(*(before + changes)))["change_interval"]
    half = 1.96 * changes.std() / np.sqrt(400)
    assert low == pytest.approx(changes.mean() - half, abs=0.006)
    assert high == pytest.approx(changes.mean() + half, abs=0.006)


def test_the_interval_is_the_same_every_time() -> None:
    first, second = (
        compared(predictions(0.0, 0.3, 0.6), predictions(0.5, 0.1, 0.9)) for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize(
    ("change", "higher_is_better", "verdict"),
    [
        (0.1, True, "better"),
        (-0.1, True, "worse"),
        (0.1, False, "worse"),
        (-0.1, False, "better"),
        (0.0, True, "not clearly different"),
        (0.0, False, "not clearly different"),
    ],
)
def test_the_verdict_follows_the_sign_and_what_is_better(
    change: float, higher_is_better: bool, verdict: str
) -> None:
    before = np.arange(20) / 20
    changes = change + np.tile([-0.05, 0.05], 10)
    found = compared(
        predictions(*before), predictions(*(before + changes)), higher_is_better=higher_is_better
    )
    assert found["verdict"] == verdict
    low, high = found["change_interval"]
    assert low < change < high


def test_a_change_in_few_of_many_rows_is_not_clear() -> None:
    before = np.zeros(50)
    after = np.r_[1.0, -0.5, np.zeros(48)]
    assert compared(predictions(*before), predictions(*after))["verdict"] == "not clearly different"


def test_subsets_are_scored_apart_where_the_metric_is_defined() -> None:
    before = predictions(0.0, 0.2, 0.4, 0.6, NAN)
    after = predictions(0.1, 0.3, 0.8, 1.0, NAN)
    long = [False, False, True, True, True]
    found = compared(before, after, {"short": [not each for each in long], "long": long})
    assert found["subsets"] == ["short", "long"]
    assert found["short"] == {"rows": 2, "before": pytest.approx(0.1), "after": pytest.approx(0.2)}
    assert found["long"] == {"rows": 2, "before": pytest.approx(0.5), "after": pytest.approx(0.9)}


def test_a_subset_without_defined_rows_has_no_score() -> None:
    found = compared(predictions(0.0, NAN), predictions(1.0, NAN), {"odd": [False, True]})
    assert found["odd"] is None
    assert (found["rows_left_out"], found["left_out_because"]) == (1, "no target")


class RootMeanSquare(RowMetric[Any]):
    """The root of the mean of squares: no mean of what rows contribute."""

    def contributions(self, outputs: Any, /) -> Any:
        """Compute the squares."""
        return np.square(outputs)

    def score(self, contributions: Any) -> float:
        """Compute the root of their mean."""
        return float(np.sqrt(contributions.mean()))


def test_a_metric_that_is_no_mean_is_scored_and_resampled_as_a_whole() -> None:
    metric = RootMeanSquare()
    errors = np.random.default_rng(0).normal(0, 2, 500)
    before = Predictions({"m": metric.contributions(errors)})
    after = Predictions({"m": metric.contributions(errors / 2)})
    found = compare(before, after, {"m": metric}, "m", higher_is_better=False)
    root = np.sqrt(np.square(errors).mean())
    assert (found["before"], found["after"]) == pytest.approx((root, root / 2))
    assert found["change"] == pytest.approx(-root / 2)
    low, high = found["change_interval"]
    # The delta method: the standard error of a root mean square of normal errors.
    half = 1.96 * root / 2 / np.sqrt(2 * 500)
    assert (low, high) == pytest.approx((-root / 2 - half, -root / 2 + half), abs=0.02)
    assert found["verdict"] == "better"


def test_contributions_of_several_numbers_are_defined_where_all_are() -> None:
    class Ratio(RowMetric[Any]):
        """The ratio of two sums."""

        def contributions(self, outputs: Any, /) -> Any:
            return outputs

        def score(self, contributions: Any) -> float:
            above, below = contributions.sum(axis=0)
            return float(above / below)

    values = np.array([[1.0, 2.0], [NAN, 5.0], [3.0, 2.0]])
    assert score("ratio", Ratio(), values) == 1.0
    assert Predictions({"ratio": values}).defined("ratio").tolist() == [True, False, True]


def test_every_metric_is_given_before_and_after() -> None:
    found = compared(predictions(0.0, 1.0, r=[4.0, 2.0]), predictions(1.0, 1.0, r=[2.0, 1.0]))
    assert found["metric"] == "m"
    assert found["metrics"] == {
        "m": {"before": 0.5, "after": 1.0, "change_interval": None},
        "r": {"before": 3.0, "after": 1.5, "change_interval": None},
    }


def test_a_metric_that_is_nowhere_defined_is_an_error() -> None:
    with pytest.raises(MetricError, match="m is not defined on any of the 2 rows"):
        compared(predictions(NAN, NAN), predictions(NAN, NAN))


def test_below_twenty_rows_there_is_no_verdict_and_the_scores_say_why() -> None:
    few = compared(predictions(*[0.0] * 19, NAN), predictions(*[1.0] * 19, NAN))
    assert few["change_interval"] is None
    assert few["verdict"] == "too few rows for a verdict"
    assert few["interval_note"] == "no interval: 19 rows are scored, and below 20 it does not hold"
    enough = compared(predictions(*[0.0] * 20), predictions(*[1.0] * 20))
    assert (enough["verdict"], enough["interval_note"]) == ("better", "")


def test_every_metric_has_an_interval_of_its_own() -> None:
    before, change = np.random.default_rng(3).random((2, 40))
    found = compared(predictions(*before, r=before), predictions(*(before + 1), r=before + change))[
        "metrics"
    ]
    assert found["m"]["change_interval"] == pytest.approx([1, 1])
    low, high = found["r"]["change_interval"]
    assert low < change.mean() < high


class OneClass(RowMetric[Any]):
    """A metric that is not defined on rows that are all alike."""

    def contributions(self, outputs: Any, /) -> Any:
        """Return what is given."""
        return outputs

    def score(self, contributions: Any) -> float:
        """Compute the spread; NaN where there is none."""
        return float(contributions.std()) or NAN


def test_a_metric_that_is_not_defined_on_the_rows_is_left_out_unless_it_is_the_chosen_one() -> None:
    flat, steep = np.ones(30), np.arange(30.0)
    metrics = {"m": MeanMetric(np.asarray), "spread": OneClass(), "none": MeanMetric(np.asarray)}
    values = {"m": steep, "spread": flat, "none": np.full(30, NAN)}
    both = Predictions(values), Predictions(values)
    found = compare(*both, metrics, "m", higher_is_better=True)
    assert list(found["metrics"]) == ["m"]
    assert found["undefined_metrics"] == ["spread", "none"]
    with pytest.raises(MetricError, match="spread is not defined on the 30 rows"):
        compare(*both, metrics, "spread", higher_is_better=True)
    with pytest.raises(MetricError, match="none is not defined on any of the 30 rows"):
        compare(*both, metrics, "none", higher_is_better=True)


def test_a_subset_on_which_the_metric_is_not_defined_has_no_score() -> None:
    values = Predictions({"m": np.r_[np.ones(20), np.arange(20.0)]})
    first = np.arange(40) < 20
    found = compare(
        values,
        values,
        {"m": OneClass()},
        "m",
        higher_is_better=True,
        subsets={"alike": first, "rest": ~first},
    )
    assert found["alike"] is None
    assert found["rest"]["rows"] == 20


def test_rows_that_are_compared_have_the_interval_of_the_jackknife() -> None:
    before, after = np.random.default_rng(5).random((2, 50))
    owed = np.random.default_rng(6).normal(0, 0.1, (2, 50, 2)) * [1, 0.01]
    first, second = (
        Predictions({"m": each}, leave_one_out={"m": mine})
        for each, mine in zip((before, after), owed, strict=True)
    )
    low, high = compared(first, second)["change_interval"]
    assert (high - low) / 2 == pytest.approx(2.0096 * jackknife_error(owed[1] - owed[0]), rel=1e-3)
    assert (high + low) / 2 == pytest.approx(after.mean() - before.mean())

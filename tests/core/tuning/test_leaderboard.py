"""The leaderboard puts the best combination first, by its mean over folds."""

import pytest

from hydro.settings.sections import Settings
from hydro.tuning.leaderboard import LeaderboardEntry, RunResult, rank
from hydro.tuning.plan import PlannedRun


def run(name: str, value: float, fold: str, score: float | None) -> RunResult:
    settings = Settings.model_construct()
    planned = PlannedRun(name, {"training.learning_rate": value}, fold, settings)
    return RunResult(planned, "failed" if score is None else "finished", score, 2.0)


RUNS = [
    run("000", 0.1, "a", 0.5),
    run("001", 0.1, "b", 0.7),
    run("002", 0.2, "a", 0.4),
    run("003", 0.2, "b", 0.9),
    run("004", 0.3, "a", 1.0),
    run("005", 0.3, "b", None),
]


def rates(places: list[LeaderboardEntry]) -> list[float]:
    return [dict(place.values)["training.learning_rate"] for place in places]


def test_the_best_mean_comes_first_and_what_failed_last() -> None:
    assert rates(rank(RUNS, higher_is_better=True)) == [0.2, 0.1, 0.3]
    assert rates(rank(RUNS, higher_is_better=False)) == [0.1, 0.2, 0.3]


def test_a_place_has_mean_spread_and_time_over_its_folds() -> None:
    row = rank(RUNS, higher_is_better=True)[1].row()
    assert row["mean"] == pytest.approx(0.6)
    assert row["spread"] == pytest.approx(0.2 / 2**0.5)
    assert (row["folds"], row["runs"], row["seconds"]) == (["a", "b"], ["000", "001"], 4.0)
    assert row["training.learning_rate"] == 0.1


def test_a_combination_with_a_fold_missing_has_no_mean() -> None:
    last = rank(RUNS, higher_is_better=True)[-1]
    assert (last.mean, last.spread) == (None, None)
    assert str(last) == "failed  training.learning_rate=0.3"


def test_one_fold_has_no_spread() -> None:
    (place,) = rank(RUNS[:1], higher_is_better=True)
    assert (place.mean, place.spread) == (0.5, None)
    assert str(place) == "0.5000  training.learning_rate=0.1"

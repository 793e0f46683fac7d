"""A run is followed while it trains, and belongs to one process at a time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hydro.artifacts.run_folder import RunFolder
from hydro.executors.local import Train
from hydro.tuning.plan import PlannedRun, plan
from hydro.tuning.trials import Trials


@pytest.fixture
def run(word_count: Any) -> PlannedRun:
    """The one run of an experiment of five epochs."""
    (only,) = plan(word_count.prepare("training.epochs=5").settings, ())
    return only


def test_each_validation_is_heeded_once_and_stops_the_run(
    word_count: Any, run: PlannedRun, standing_in: Callable[..., Train]
) -> None:
    told: list[Any] = []
    heard: list[tuple[int, float]] = []

    def heed(number: int, metric: float) -> bool:
        heard.append((number, metric))
        return metric > 6

    ended = word_count.runs(told).train(run, standing_in(lambda _: [5.0, 6.0, 7.0, 8.0, 9.0]), heed)
    assert heard == [(0, 5.0), (1, 6.0), (2, 7.0)]
    assert (ended.state, ended.score, ended.seconds) == ("pruned", None, 1.0)
    assert told == [ended]


def test_a_run_that_ended_before_it_could_be_stopped_is_pruned_all_the_same(
    word_count: Any, run: PlannedRun, standing_in: Callable[..., Train]
) -> None:
    # How fast a run is looked at must not decide what a search comes to.
    whole = standing_in(lambda _: [5.0, 6.0, 7.0])

    def quick(folder: Any, watch: Callable[[], bool]) -> None:
        whole(folder, lambda: False)
        watch()

    runs: Trials = word_count.runs()
    ended = runs.train(run, quick, lambda number, metric: number == 0)
    assert (ended.state, runs.is_done(run)) == ("pruned", True)


def test_a_run_shows_how_far_it_is(
    word_count: Any, run: PlannedRun, standing_in: Callable[..., Train], progress: Any
) -> None:
    runs = Trials(word_count.runs().folder, "MAE", (), progress, lambda each: None)
    runs.train(run, standing_in(lambda _: [5.0, 6.0, 7.0]))
    assert progress.shown["run 000"] == [
        (20, {"loss": 1.0}),
        (20, {"loss": 1.0, "metric": 5.0}),
        (40, {"loss": 1.0, "metric": 5.0}),
        (40, {"loss": 1.0, "metric": 6.0}),
    ]


def test_a_run_has_one_process_at_a_time(word_count: Any, run: PlannedRun) -> None:
    lock = word_count.runs().claim(run)
    assert word_count.runs().claim(run) is None
    lock.release()
    assert word_count.runs().claim(run)


def test_validations_are_numbered_from_0_when_a_run_restarts(
    word_count: Any, run: PlannedRun
) -> None:
    numbers: list[int] = []

    def train(folder: Path, should_stop: Callable[[], bool]) -> None:
        history = RunFolder(folder).history
        for count in (2, 1):
            history.path.unlink(missing_ok=True)
            for number in range(count):
                history.record("validation", {"samples": number, "MAE": 5.0})
            should_stop()

    word_count.runs().train(run, train, lambda number, metric: bool(numbers.append(number)))
    assert numbers == [0, 1, 0]

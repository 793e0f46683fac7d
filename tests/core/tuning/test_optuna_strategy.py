"""Optuna chooses what to try: repeatably, within a budget, and never the same twice."""

import importlib.util
from collections.abc import Callable
from typing import Any

import pytest

from hydro.artifacts.status import read_status
from hydro.errors import SettingsError
from hydro.executors.local import Interrupted, Train
from hydro.tuning.optuna_storage import N_STARTUP_TRIALS
from hydro.tuning.optuna_strategy import OptunaStrategy

RATES = [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08]
SPACE = f"grid_search={{learning_rate: {RATES}, optimizer: [AdamW, Adam, SGD], batch_size: [2, 4]}}"
SMALL = "grid_search={learning_rate: [0.01, 0.02], optimizer: [AdamW, SGD]}"
RANDOM, TPE = "search.strategy=Random", "search.strategy=TPE"


def hill(settings: dict[str, Any]) -> list[float]:
    """Score best at a rate of 0.06 with Adam, after three validations that say the same."""
    training = settings["training"]
    error = abs(training["learning_rate"] - 0.06) + 0.1 * (training["optimizer"] != "Adam")
    return [error] * 4


@pytest.fixture
def train(standing_in: Callable[..., Train]) -> Train:
    """What stands in for training on the hill."""
    return standing_in(hill)


def work(study: OptunaStrategy, train: Train) -> list[tuple[Any, ...]]:
    """Do all that there is to do; give the combinations in the order they were first tried in."""
    for task in study.tasks():
        task(train)
    return tried(study)


def tried(study: OptunaStrategy) -> list[tuple[Any, ...]]:
    """Give the values of each combination tried so far."""
    return [tuple(run.values.values()) for run in study.planned()]


@pytest.mark.parametrize("strategy", [RANDOM, TPE])
def test_a_search_tries_as_many_different_combinations_as_it_may_and_repeats_by_its_seed(
    strategy: str, word_count: Any, train: Train, tmp_path: Any
) -> None:
    def again(name: str, seed: int) -> list[tuple[Any, ...]]:
        own = word_count.at(tmp_path / name)
        study = own.study(SPACE, strategy, "search.trials=12", f"environment.seed={seed}")
        return work(study, train)

    first = again("first", 1)
    assert len({*first}) == len(first) == 12
    assert again("second", 1) == first
    assert again("third", 2) != first


def test_tpe_learns_from_what_it_tried_and_random_search_does_not(
    word_count: Any, train: Train, tmp_path: Any
) -> None:
    def at_the_top(strategy: str, seed: int) -> int:
        own = word_count.at(tmp_path / f"{strategy}{seed}")
        study = own.study(SPACE, strategy, "search.trials=16", f"environment.seed={seed}")
        late = work(study, train)[N_STARTUP_TRIALS:]
        return sum(rate in (0.05, 0.06, 0.07) and rule == "Adam" for rate, rule, _ in late)

    counts = {each: sum(at_the_top(each, seed) for seed in range(4)) for each in (RANDOM, TPE)}
    assert counts[TPE] > 1.5 * counts[RANDOM]


def test_an_interrupted_search_goes_on_as_if_nothing_had_happened(
    word_count: Any, train: Train, tmp_path: Any
) -> None:
    settings = (SPACE, TPE, "search.trials=9", "dataset.folds=[0, 1]")
    whole = work(word_count.at(tmp_path / "whole").study(*settings), train)

    trained: list[str] = []

    def interrupted(folder: Any, watch: Any) -> None:
        if len(trained) == 11:
            raise Interrupted
        train(folder, watch)
        trained.append(folder.name)

    with pytest.raises(Interrupted):
        work(word_count.study(*settings), interrupted)
    told: list[Any] = []
    assert work(word_count.study(*settings, told=told), train) == whole
    assert [*trained, *(each.run.name for each in told)] == [f"{each:03d}" for each in range(18)]


def test_two_at_work_on_one_search_never_get_the_same(word_count: Any, train: Train) -> None:
    settings = (SPACE, RANDOM, "search.trials=4")
    here, there = word_count.study(*settings), word_count.study(*settings)
    ours, theirs = here.tasks(), there.tasks()
    tasks = [next(ours), next(theirs), next(ours), next(theirs)]
    assert next(ours, None) is None
    assert len({*tried(here)}) == 4
    assert [run.name for run in there.unfinished()] == ["000", "001", "002", "003"]
    for task in tasks:
        task(train)
    assert there.unfinished() == here.unfinished() == []
    assert tried(here) == tried(there)


def test_all_combinations_are_tried_where_the_budget_allows_and_none_twice(
    word_count: Any, train: Train
) -> None:
    study = word_count.study(SMALL, TPE, "search.trials=50")
    assert study.total == 4
    assert len({*work(study, train)}) == 4
    states = [trial.state.name for trial in study.journal.study.trials]
    assert states.count("COMPLETE") == len(states) > 4, "what was known was told again"
    repeated = next(each for each in study.journal.study.trials if "repeats" in each.user_attrs)
    assert repeated.value == study.journal.study.trials[repeated.user_attrs["repeats"]].value


def test_what_failed_does_not_stop_the_rest_and_is_tried_again_by_the_next_process(
    word_count: Any, train: Train, standing_in: Callable[..., Train]
) -> None:
    def fails_with_sgd(settings: dict[str, Any]) -> list[float]:
        return [-1.0] if settings["training"]["optimizer"] == "SGD" else hill(settings)

    settings = (SMALL, RANDOM, "search.trials=4", "dataset.folds=[0, 1]")
    study = word_count.study(*settings)
    work(study, standing_in(fails_with_sgd))
    ends = [study.runs.result(run).state for run in study.planned()]
    assert sorted(ends) == ["failed"] * 2 + ["finished"] * 4 + ["pruned"] * 2

    told: list[Any] = []
    again = word_count.study(*settings, told=told)
    work(again, train)
    assert len(told) == 4
    assert {again.runs.result(run).state for run in again.planned()} == {"finished"}


def test_a_combination_worse_than_the_median_is_stopped_but_for_the_first_five(
    word_count: Any, standing_in: Callable[..., Train]
) -> None:
    seen: list[str] = []

    def worse_and_worse(settings: dict[str, Any]) -> list[float]:
        seen.append(settings["training"]["optimizer"])
        return [float(len(seen))] * 4

    settings = (SPACE, RANDOM, "search.trials=8", "search.pruning=true")
    study = word_count.study(*settings)
    work(study, standing_in(worse_and_worse))
    ends = [study.runs.result(run) for run in study.planned()]
    assert [each.state for each in ends] == ["finished"] * N_STARTUP_TRIALS + ["pruned"] * 3
    status = read_status(study.runs.of(study.planned()[-1]))
    assert (status.state, status.reason, status.seconds) == ("stopped", "pruned", 1.0)
    events, _ = study.runs.of(study.planned()[-1]).history.read()
    assert [each["event"] for each in events] == ["training", "validation"]
    assert [trial.state.name for trial in study.journal.study.trials][-1] == "PRUNED"


def test_the_folds_after_a_bad_one_are_not_begun(
    word_count: Any, standing_in: Callable[..., Train]
) -> None:
    trained: list[str] = []

    def worse_and_worse(settings: dict[str, Any]) -> list[float]:
        trained.append(settings["dataset"]["folds"][0])
        return [float(len(trained))]

    settings = (SPACE, RANDOM, "search.trials=7", "search.pruning=true", "dataset.folds=[0, 1, 2]")
    study = word_count.study(*settings)
    work(study, standing_in(worse_and_worse))
    assert trained == ["0", "1", "2"] * N_STARTUP_TRIALS + ["0", "0"]
    last = study.runs.result(study.planned()[-1])
    assert (last.state, last.message) == (
        "pruned",
        "not started: earlier folds were worse than others'",
    )


def test_once_the_hours_are_over_no_other_combination_is_begun(
    word_count: Any, train: Train
) -> None:
    # A run that is stood in for says that it took a second.
    study = word_count.study(SPACE, RANDOM, "search.trials=9", f"search.hours={2.5 / 3600}")
    assert len(work(study, train)) == 3
    assert work(word_count.study(SPACE, RANDOM, f"search.hours={5 / 3600}"), train)[4:] != []


def test_a_search_with_other_lists_is_another_experiment(word_count: Any, train: Train) -> None:
    work(word_count.study(SMALL, RANDOM, "search.trials=1"), train)
    with pytest.raises(
        SettingsError, match="grid_search: not the lists that this experiment started with"
    ):
        word_count.study(SPACE, RANDOM)


def test_a_missing_optuna_is_named_before_anything_is_written(
    word_count: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"pip install 'hydro-experiments\[optuna\]'"):
        word_count.prepare(SMALL, TPE)
    word_count.prepare(SMALL)
    word_count.prepare(TPE)

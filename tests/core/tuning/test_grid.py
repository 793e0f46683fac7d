"""A grid tries every combination, shares what is left with other processes, and tries again."""

from collections.abc import Callable
from typing import Any

import pytest

from hydro.executors.local import Interrupted, Train
from hydro.tuning.grid import GridStrategy
from hydro.tuning.plan import plan


def begin(word_count: Any, told: list[Any]) -> GridStrategy:
    settings = word_count.prepare("grid_search={learning_rate: [0.1, 0.2, 0.3, 0.4]}").settings
    every = GridStrategy(word_count.runs(told), plan(settings, ()))
    every.begin()
    return every


def names(told: list[Any]) -> list[str]:
    return [each.run.name for each in told]


def test_two_processes_share_what_is_left(
    word_count: Any, standing_in: Callable[..., Train]
) -> None:
    train = standing_in(lambda settings: [settings["training"]["learning_rate"]])
    here: list[Any] = []
    there: list[Any] = []
    ours = begin(word_count, here).tasks()
    first = next(ours)
    second = begin(word_count, there)
    for task in second.tasks():
        task(train)
    assert names(there) == ["001", "002", "003"]
    assert names([*map(second.runs.result, second.unfinished())]) == ["000"]
    first(train)
    assert next(ours, None) is None
    assert names(here) == ["000"]
    assert second.unfinished() == []


def test_a_run_that_failed_or_was_interrupted_is_trained_by_the_next_process(
    word_count: Any, standing_in: Callable[..., Train]
) -> None:
    whole = standing_in(lambda settings: [settings["training"]["learning_rate"]])
    bad = standing_in(lambda settings: [-1.0])

    def train(folder: Any, watch: Any) -> None:
        if folder.name == "002":
            raise Interrupted
        (bad if folder.name == "001" else whole)(folder, watch)

    told: list[Any] = []
    with pytest.raises(Interrupted):
        for task in begin(word_count, told).tasks():
            task(train)
    assert [each.state for each in told] == ["finished", "failed"]
    for task in begin(word_count, told).tasks():
        task(whole)
    assert names(told) == ["000", "001", "001", "002", "003"]
    assert [each.state for each in told[2:]] == ["finished"] * 3

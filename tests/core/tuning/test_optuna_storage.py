"""A journal proposes each combination once, and what nobody took again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hydro.tuning.optuna_storage import OptunaStorage

SMALL = "grid_search={learning_rate: [0.01, 0.02], optimizer: [AdamW, SGD]}"

Open = Callable[..., OptunaStorage]


@pytest.fixture
def journal(word_count: Any, tmp_path: Path) -> Open:
    """Open the journal of a search of four combinations, as a process would."""

    def opened(*overrides: str) -> OptunaStorage:
        settings = word_count.prepare(SMALL, "search.strategy=TPE", *overrides).settings
        made = OptunaStorage(settings, tmp_path / "study.log", higher_is_better=True)
        made.begin()
        return made

    return opened


def propose(journal: OptunaStorage, *, over: bool = False) -> Any:
    return journal.propose(lambda: over)


def test_every_combination_is_proposed_once_and_then_none(journal: Open) -> None:
    found = []
    while proposed := propose(journal()):
        journal().take(*proposed)
        found.append((proposed[1], *proposed[2].values()))
    assert [number for number, *_ in found] == [0, 1, 2, 3]
    assert len({tuple(values) for _, *values in found}) == 4


def test_nothing_new_is_proposed_when_the_budget_or_the_hours_are_used_up(journal: Open) -> None:
    assert propose(journal(), over=True) is None
    first = propose(journal("search.trials=1"))
    journal().take(*first)
    assert propose(journal("search.trials=1")) is None


def test_what_a_process_asked_for_and_did_not_take_is_proposed_again(journal: Open) -> None:
    _, number, values = propose(journal())
    again = propose(journal())
    assert (again[1], again[2]) == (number, values)
    assert journal().tried() == []


def test_what_failed_is_proposed_again_by_whoever_begins_next(journal: Open) -> None:
    here = journal()
    asked, number, values = propose(here)
    here.take(asked, number, values)
    here.report_result(asked, "FAIL")
    again = propose(journal(), over=True)
    assert (again[1], again[2]) == (number, values)


def test_a_trial_is_known_by_its_combination(journal: Open) -> None:
    here = journal()
    asked, number, values = propose(here)
    here.take(asked, number, values)
    (trial,) = journal().tried()
    assert journal().combination(trial) == (number, values)
    assert journal().opened(trial).number == asked.number

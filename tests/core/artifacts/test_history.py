"""Tests of the history of a run."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

import pytest

from hydro.artifacts.history import History
from hydro.errors import ResourceError


@pytest.fixture
def history(tmp_path: Path) -> History:
    """An empty history."""
    return History(tmp_path / "history.jsonl")


def test_an_event_is_a_line_with_its_time(history: History) -> None:
    history.record("training", {"loss": 0.5})
    history.record("validation", {"MAE": None})
    lines = [json.loads(line) for line in history.path.read_text().splitlines()]
    assert all(datetime.fromisoformat(each.pop("time")).tzinfo for each in lines)
    assert lines == [{"event": "training", "loss": 0.5}, {"event": "validation", "MAE": None}]


def test_events_are_read_from_where_reading_ended(history: History) -> None:
    assert history.read() == ([], 0)
    history.record("a", {})
    events, end = history.read()
    assert [each["event"] for each in events] == ["a"]
    history.record("b", {})
    with history.path.open("a") as file:
        file.write('{"event": "half')
    later, last = history.read(end)
    assert [each["event"] for each in later] == ["b"]
    assert history.read(last) == ([], last)


def test_a_shorter_history_is_read_from_its_start(history: History) -> None:
    history.record("a", {"loss": 0.123456})
    _, end = history.read()
    history.path.unlink()
    history.record("b", {})
    events, last = history.read(end)
    assert [each["event"] for each in events] == ["b"]
    assert last == history.path.stat().st_size


def test_a_full_disk_is_an_error(
    history: History, full_disk: Callable[[int], AbstractContextManager[None]]
) -> None:
    with full_disk(100), pytest.raises(ResourceError, match=r"history.jsonl: cannot be written"):
        for _ in range(5):
            history.record("training", {"loss": 0.5})

"""A run goes on whatever its tracker does."""

import logging
from collections.abc import Iterator, Mapping
from threading import Event, current_thread
from typing import Any

import pytest

from hydro.trackers import background
from hydro.trackers.background import Aside
from hydro.trackers.tracker import Tracker


class Diary(Tracker):
    """Writes down what it is told, and stumbles over one word."""

    def __init__(self, stumbles: str = "") -> None:
        self.stumbles = stumbles
        self.told: list[Any] = []

    def start(self, parameters: Mapping[str, Any]) -> None:
        self._write("start", parameters)

    def log(self, values: Mapping[str, float], step: int) -> None:
        self._write("log", values, step)

    def close(self, *, failed: bool) -> None:
        self._write("close", failed)

    def _write(self, word: str, *told: Any) -> None:
        self.told.append((word, *told, current_thread().name))
        if word == self.stumbles:
            msg = "no way to http://me:mine@server/ with hush-hush-hush"
            raise ConnectionError(msg)


class Stuck(Tracker):
    """Does not come back from its first call until it is let go."""

    def __init__(self) -> None:
        self.let_go = Event()
        self.closed = 0

    def start(self, parameters: Mapping[str, Any]) -> None:
        self.let_go.wait()

    def close(self, *, failed: bool) -> None:
        self.closed += 1


@pytest.fixture
def stuck() -> Iterator[Stuck]:
    """A tracker that blocks while the test lasts."""
    tracker = Stuck()
    yield tracker
    tracker.let_go.set()


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """List what hydro warned of."""
    return [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]


def test_a_tracker_is_told_everything_in_order_from_one_thread() -> None:
    diary = Diary()
    with Aside(diary, "Diary", {"a": 1}) as told:
        for step in range(3):
            told.log({"loss": step / 2}, step)
    assert diary.told == [
        ("start", {"a": 1}, "tracker Diary"),
        *(("log", {"loss": step / 2}, step, "tracker Diary") for step in range(3)),
        ("close", False, "tracker Diary"),
    ]


def test_a_tracker_is_told_of_a_run_that_failed() -> None:
    diary = Diary()
    with pytest.raises(ValueError, match="oh"), Aside(diary, "Diary", {}):
        raise ValueError("oh")  # noqa: EM101
    assert diary.told[-1][:2] == ("close", True)


@pytest.mark.parametrize("word", ["start", "log", "close"])
def test_a_tracker_that_raises_is_warned_of_once_and_told_no_more(
    word: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIARY_API_KEY", "hush-hush-hush")
    diary = Diary(word)
    with Aside(diary, "Diary", {}) as told:
        for step in range(50):
            told.log({"loss": 1.0}, step)
    assert warnings(caplog) == [
        "Diary failed, and is told no more: ConnectionError: no way to http://server/ with "
        "$DIARY_API_KEY. history.jsonl has all figures"
    ]
    assert [each[0] for each in diary.told].count(word) == (2 if word == "close" else 1)
    assert diary.told[-1][0] == "close"


def test_a_tracker_that_blocks_is_left_behind_with_a_warning(
    stuck: Stuck, caplog: pytest.LogCaptureFixture
) -> None:
    with Aside(stuck, "Stuck", {}, patience=0.01) as told:
        told.log({"loss": 1.0}, 1)
    assert told.thread.is_alive()
    assert told.thread.daemon
    assert warnings(caplog) == [
        "Stuck has not taken all figures in time. history.jsonl has all figures"
    ]


def test_no_more_figures_wait_for_a_tracker_than_there_is_room_for(
    stuck: Stuck, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "QUEUE_SIZE", 5)
    with Aside(stuck, "Stuck", {}, patience=0.01) as told:
        for step in range(100):
            told.log({"loss": 1.0}, step)
        assert told.calls.qsize() <= 5
    assert warnings(caplog) == [
        "Stuck does not keep up, and misses some figures. history.jsonl has all figures"
    ]


def test_a_slow_tracker_that_gets_on_is_waited_for() -> None:
    class Slow(Diary):
        def log(self, values: Mapping[str, float], step: int) -> None:
            Event().wait(0.02)
            super().log(values, step)

    slow = Slow()
    with Aside(slow, "Slow", {}, patience=5) as told:
        for step in range(10):
            told.log({"loss": 1.0}, step)
    assert [each[0] for each in slow.told] == ["start", *["log"] * 10, "close"]

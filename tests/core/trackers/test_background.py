"""A tracker that fails, hangs or lags never stops or delays a run."""

import logging
from collections.abc import Iterator, Mapping
from threading import Event, current_thread

import pytest

from hydro.trackers.background import BackgroundTracker
from hydro.trackers.tracker import Tracker


class Recorder(Tracker):
    """Records its calls, and raises in one method."""

    def __init__(self, raises: str = "") -> None:
        self.raises = raises
        self.calls: list[tuple[object, ...]] = []

    def start(self, parameters: Mapping[str, object]) -> None:
        self._record("start", parameters)

    def log(self, values: Mapping[str, float], step: int) -> None:
        self._record("log", values, step)

    def close(self, *, failed: bool) -> None:
        self._record("close", failed)

    def _record(self, method: str, *arguments: object) -> None:
        self.calls.append((method, *arguments, current_thread().name))
        if method == self.raises:
            msg = "no way to http://me:mine@server/ with hush-hush-hush"
            raise ConnectionError(msg)


class Stuck(Tracker):
    """Blocks in its first call until it is released."""

    def __init__(self) -> None:
        self.released = Event()
        self.closed = 0

    def start(self, parameters: Mapping[str, object]) -> None:
        self.released.wait()

    def close(self, *, failed: bool) -> None:
        self.closed += 1


@pytest.fixture
def stuck() -> Iterator[Stuck]:
    """Return a tracker that blocks until the test ends."""
    tracker = Stuck()
    yield tracker
    tracker.released.set()


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the warnings that were logged."""
    return [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]


def test_all_calls_are_made_in_order_from_one_thread() -> None:
    recorder = Recorder()
    with BackgroundTracker(recorder, "Recorder", {"a": 1}) as background:
        for step in range(3):
            background.log({"loss": step / 2}, step)
    assert recorder.calls == [
        ("start", {"a": 1}, "tracker Recorder"),
        *(("log", {"loss": step / 2}, step, "tracker Recorder") for step in range(3)),
        ("close", False, "tracker Recorder"),
    ]


def test_a_run_that_raises_is_closed_as_failed() -> None:
    recorder = Recorder()
    with pytest.raises(ValueError, match="oh"), BackgroundTracker(recorder, "Recorder", {}):
        raise ValueError("oh")  # noqa: EM101
    assert recorder.calls[-1][:2] == ("close", True)


@pytest.mark.parametrize("method", ["start", "log", "close"])
def test_a_tracker_that_raises_is_closed_with_one_warning_without_secrets(
    method: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECORDER_API_KEY", "hush-hush-hush")
    recorder = Recorder(method)
    with BackgroundTracker(recorder, "Recorder", {}) as background:
        for step in range(50):
            background.log({"loss": 1.0}, step)
    assert warnings(caplog) == [
        "Recorder failed and receives no more metrics: ConnectionError: no way to http://server/ "
        "with $RECORDER_API_KEY. history.jsonl has all metrics"
    ]
    assert [each[0] for each in recorder.calls].count(method) == (2 if method == "close" else 1)
    assert recorder.calls[-1][0] == "close"


def test_a_tracker_that_hangs_is_abandoned_with_a_warning(
    stuck: Stuck, caplog: pytest.LogCaptureFixture
) -> None:
    with BackgroundTracker(stuck, "Stuck", {}, timeout=0.01) as background:
        background.log({"loss": 1.0}, 1)
    assert background.thread.is_alive()
    assert background.thread.daemon
    assert warnings(caplog) == [
        "Stuck did not receive all metrics in time. history.jsonl has all metrics"
    ]


def test_a_full_queue_drops_metrics_with_one_warning(
    stuck: Stuck, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydro.trackers.background.QUEUE_SIZE", 5)
    with BackgroundTracker(stuck, "Stuck", {}, timeout=0.01) as background:
        for step in range(100):
            background.log({"loss": 1.0}, step)
        assert background.calls.qsize() <= 5
    assert warnings(caplog) == [
        "Stuck does not keep up, so some metrics are dropped. history.jsonl has all metrics"
    ]


def test_a_slow_tracker_that_makes_progress_is_waited_for_beyond_the_timeout() -> None:
    class Slow(Recorder):
        def log(self, values: Mapping[str, float], step: int) -> None:
            Event().wait(0.6)
            super().log(values, step)

    slow = Slow()
    with BackgroundTracker(slow, "Slow", {}, timeout=1) as background:
        for step in range(2):
            background.log({"loss": 1.0}, step)
    assert [each[0] for each in slow.calls] == ["start", "log", "log", "close"]

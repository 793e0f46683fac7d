"""A signal ends work where nothing is half done; a second one ends it at once."""

import os
import signal
from collections.abc import Iterator

import pytest

from hydro.training.signals import SIGNALS, StopSignal


@pytest.fixture
def stop() -> Iterator[StopSignal]:
    """Handle the signals of this process for one test."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield StopSignal.on_signals()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (signal.SIGINT, KeyboardInterrupt, None),
        (signal.SIGTERM, SystemExit, 143),
        (signal.SIGUSR1, SystemExit, 138),
        (signal.SIGHUP, SystemExit, 129),
    ],
)
def test_a_signal_unwinds_like_an_error(
    number: int, kind: type[BaseException], code: int | None, stop: StopSignal
) -> None:
    assert not stop.requested
    with pytest.raises(kind) as end:
        signal.raise_signal(number)
    assert getattr(end.value, "code", None) == code
    assert stop.requested


def test_a_deferred_signal_raises_at_the_end_of_the_context(stop: StopSignal) -> None:
    done = []
    with pytest.raises(SystemExit), stop.defer_signals():
        signal.raise_signal(signal.SIGTERM)
        done.append(stop.requested)
    assert done == [True]


def test_a_second_signal_raises_at_once(stop: StopSignal) -> None:
    with pytest.raises(KeyboardInterrupt), stop.defer_signals():
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the second signal was held off")


def test_a_signal_raises_at_once_where_it_is_allowed(stop: StopSignal) -> None:
    with pytest.raises(SystemExit), stop.defer_signals(), stop.allow_signals():
        signal.raise_signal(signal.SIGTERM)
        pytest.fail("the signal was held off")
    before = StopSignal()
    with pytest.raises(SystemExit), before.defer_signals():
        before(signal.SIGTERM)
        with before.allow_signals():
            pytest.fail("what was asked before was forgotten")


def test_an_error_is_not_hidden_by_a_signal(stop: StopSignal) -> None:
    with pytest.raises(ValueError, match="oh"), stop.defer_signals():
        signal.raise_signal(signal.SIGTERM)
        msg = "oh"
        raise ValueError(msg)


def test_the_death_of_the_parent_requests_a_stop() -> None:
    assert not StopSignal(os.getppid()).requested
    orphan = StopSignal(os.getpid())
    assert orphan.requested
    with pytest.raises(SystemExit) as end:
        orphan.raise_if_requested()
    assert end.value.code == 143


def test_ignored_signals_do_not_raise(stop: StopSignal) -> None:
    StopSignal.ignore()
    signal.raise_signal(signal.SIGINT)
    assert not stop.requested


def test_what_nohup_ignores_stays_ignored(stop: StopSignal) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    again = StopSignal.on_signals()
    signal.raise_signal(signal.SIGHUP)
    assert not again.requested
    with pytest.raises(SystemExit):
        signal.raise_signal(signal.SIGTERM)

"""A signal ends work where nothing is half done; a second one ends it at once."""

import os
import signal
from collections.abc import Iterator

import pytest

from hydro.training.signals import SIGNALS, Stop


@pytest.fixture
def stop() -> Iterator[Stop]:
    """Take the signals of this process for one test."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield Stop.on_signals()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (signal.SIGINT, KeyboardInterrupt, None),
        (signal.SIGTERM, SystemExit, 143),
        (signal.SIGUSR1, SystemExit, 138),
    ],
)
def test_a_signal_unwinds_like_an_error(
    number: int, kind: type[BaseException], code: int | None, stop: Stop
) -> None:
    assert not stop.asked
    with pytest.raises(kind) as end:
        signal.raise_signal(number)
    assert getattr(end.value, "code", None) == code
    assert stop.asked


def test_a_signal_is_held_off_until_the_context_ends(stop: Stop) -> None:
    done = []
    with pytest.raises(SystemExit), stop.held():
        signal.raise_signal(signal.SIGTERM)
        done.append(stop.asked)
    assert done == [True]


def test_a_second_signal_comes_through_at_once(stop: Stop) -> None:
    with pytest.raises(KeyboardInterrupt), stop.held():
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the second signal was held off")


def test_a_signal_comes_through_where_it_is_let(stop: Stop) -> None:
    with pytest.raises(SystemExit), stop.held(), stop.released():
        signal.raise_signal(signal.SIGTERM)
        pytest.fail("the signal was held off")
    before = Stop()
    with pytest.raises(SystemExit), before.held():
        before(signal.SIGTERM)
        with before.released():
            pytest.fail("what was asked before was forgotten")


def test_an_error_is_not_hidden_by_a_signal(stop: Stop) -> None:
    with pytest.raises(ValueError, match="oh"), stop.held():
        signal.raise_signal(signal.SIGTERM)
        msg = "oh"
        raise ValueError(msg)


def test_a_process_whose_parent_has_gone_is_to_stop() -> None:
    assert not Stop(os.getppid()).asked
    orphan = Stop(os.getpid())
    assert orphan.asked
    with pytest.raises(SystemExit) as end:
        orphan.check()
    assert end.value.code == 143


def test_when_all_is_written_no_signal_comes_in(stop: Stop) -> None:
    Stop.off()
    signal.raise_signal(signal.SIGINT)
    assert not stop.asked

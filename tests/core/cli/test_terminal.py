"""Work is shown as bars on a terminal, and as plain lines elsewhere."""

import io
import logging
import os
import pty
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from hydro.cli import terminal
from hydro.cli.terminal import TerminalProgress

LOGGER = logging.getLogger("hydro.test")
COLOR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(autouse=True)
def _no_wishes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run as where nobody has said how to show things."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    LOGGER.parent.setLevel(logging.INFO)  # type: ignore[union-attr]
    yield
    LOGGER.parent.setLevel(logging.NOTSET)  # type: ignore[union-attr]


@contextmanager
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Put a file in the place of standard error."""
    file = io.StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    yield file


def on_a_terminal(work: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> str:
    """Do some work with a terminal as standard error, and give all that it was sent."""
    reader, writer = pty.openpty()
    with os.fdopen(writer, "w") as file:
        monkeypatch.setattr(sys, "stderr", file)
        work()
        file.flush()
        shown = os.read(reader, 1 << 20).decode()
    os.close(reader)
    return shown


def work() -> None:
    """Do something with figures, and log."""
    with TerminalProgress() as progress:
        LOGGER.info("beginning")
        with progress.task("epoch 1/1", 20, "rows") as task:
            for _ in range(4):
                task.advance(5, loss=0.5, rate=1e-4, metric=0.25)
            progress.bars.refresh()  # which it would do by itself ten times a second
        LOGGER.warning("mind [this] :car:")


def test_elsewhere_a_task_ends_in_one_plain_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with lines(monkeypatch) as file:
        work()
    said = file.getvalue().splitlines()
    assert said[0] == "beginning"
    assert re.fullmatch(
        r"epoch 1/1  [\d,]+ rows/s  loss 0\.500  lr 1\.0e-04  metric 0\.2500  \d\.\d s", said[1]
    )
    assert said[2:] == ["warning: mind [this] :car:"]


def test_long_work_speaks_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "PLAIN_SECONDS", -1)
    with lines(monkeypatch) as file, TerminalProgress() as progress:
        with progress.task("training", 2000, "rows") as task:
            task.advance(1500)
    assert re.fullmatch(r"training  1,500/2,000 rows  [\d,]+ rows/s  \d+ s left\n", file.getvalue())


def test_a_task_without_figures_leaves_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with lines(monkeypatch) as file, TerminalProgress() as progress:
        with progress.task("validation", 10, "rows") as task:
            task.advance(10)
    assert file.getvalue() == ""


def test_a_task_that_fails_leaves_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with lines(monkeypatch) as file, TerminalProgress() as progress:
        with pytest.raises(ValueError, match="oh"), progress.task("epoch", 10, "rows") as task:
            task.advance(5, loss=0.5)
            msg = "oh"
            raise ValueError(msg)
    assert file.getvalue() == ""


def test_on_a_terminal_a_bar_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = on_a_terminal(work, monkeypatch)
    assert "━" in shown
    assert "100%" in shown
    assert "loss 0.500" in shown
    assert "\x1b[33mwarning:" in shown
    assert "mind [this] :car:" in COLOR.sub("", shown)


def test_no_color_leaves_the_colors_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    shown = on_a_terminal(work, monkeypatch)
    codes = {int(each) for code in COLOR.findall(shown) for each in code[2:-1].split(";") if each}
    assert "━" in shown
    assert all(each < 30 for each in codes)


def test_a_dumb_terminal_gets_no_escape_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in on_a_terminal(work, monkeypatch)


def test_nothing_is_shown_any_more_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    with lines(monkeypatch) as file:
        with TerminalProgress():
            pass
        LOGGER.warning("late")
    assert file.getvalue() == ""


def test_details_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    LOGGER.parent.setLevel(logging.DEBUG)  # type: ignore[union-attr]
    with lines(monkeypatch) as file, TerminalProgress():
        LOGGER.debug("a detail")
    assert file.getvalue() == ""

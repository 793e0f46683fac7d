"""Graceful shutdown on signals."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGUSR1", "SIGHUP")
    if hasattr(signal, name)
)
"""Signals that ask a process to end: Ctrl-C, a job's end, its warning, a terminal that closes."""

HANGUP = getattr(signal, "SIGHUP", None)


class StopSignal:
    """Handles signals: raises at once, or, where that would leave work unfinished, later.

    A second signal raises at once in any case.
    """

    def __init__(self, parent: int | None = None) -> None:
        self._parent = parent
        self._signal: int | None = None
        self._deferred = False

    @classmethod
    def on_signals(cls, *, with_parent: bool = False) -> "StopSignal":
        """Install the handler; ``with_parent`` requests a stop when the parent process dies."""
        stop = cls(os.getppid() if with_parent else None)
        for number in SIGNALS:
            # nohup ignores that the terminal closes, and so does what it starts.
            if not (number == HANGUP and signal.getsignal(number) == signal.SIG_IGN):
                signal.signal(number, stop)
        return stop

    @staticmethod
    def ignore() -> None:
        """Ignore signals from now on: everything is written, and the process is about to end."""
        for number in SIGNALS:
            if isinstance(signal.getsignal(number), StopSignal):
                signal.signal(number, signal.SIG_IGN)

    def __call__(self, number: int, frame: FrameType | None = None) -> None:
        """Handle a signal."""
        again = self._signal is not None
        self._signal = number
        if again or not self._deferred:
            self._raise(number)

    def request(self) -> None:
        """Request a stop as SIGTERM does, unless one is requested already."""
        self._signal = self._signal or signal.SIGTERM

    @property
    def requested(self) -> bool:
        """Return whether a stop is requested."""
        if self._parent is not None and os.getppid() != self._parent:
            self.request()
        return self._signal is not None

    def raise_if_requested(self) -> None:
        """Raise if a stop is requested.

        Raises:
            KeyboardInterrupt: after SIGINT.
            SystemExit: after another signal, with 128 and its number.
        """
        if self.requested and self._signal is not None:
            self._raise(self._signal)

    @contextmanager
    def defer_signals(self) -> Iterator[None]:
        """Defer signals to the end of the context."""
        with self._set(deferred=True):
            yield
        if not self._deferred:
            self.raise_if_requested()

    @contextmanager
    def allow_signals(self) -> Iterator[None]:
        """Raise at once on a signal, within a context that defers them."""
        self.raise_if_requested()
        with self._set(deferred=False):
            yield

    @contextmanager
    def _set(self, *, deferred: bool) -> Iterator[None]:
        before, self._deferred = self._deferred, deferred
        try:
            yield
        finally:
            self._deferred = before

    @staticmethod
    def _raise(number: int) -> NoReturn:
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)

"""Ends work on a signal where nothing is half done."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGUSR1") if hasattr(signal, name)
)
"""What asks a process to end: Ctrl-C, a cluster that wants the machine back, its warning."""


class StopSignal:
    """Takes the signals: raises at once, or where that would leave something half done, later.

    The second signal raises at once wherever it comes.
    """

    def __init__(self, parent: int | None = None) -> None:
        self._parent = parent
        self._signal: int | None = None
        self._held = False

    @classmethod
    def on_signals(cls, *, with_parent: bool = False) -> "StopSignal":
        """Take the signals of this process, and its parent's death for one where asked to."""
        stop = cls(os.getppid() if with_parent else None)
        for number in SIGNALS:
            signal.signal(number, stop)
        return stop

    @staticmethod
    def ignore() -> None:
        """Let no further signal in: everything is written, and the process is about to end."""
        for number in SIGNALS:
            if isinstance(signal.getsignal(number), StopSignal):
                signal.signal(number, signal.SIG_IGN)

    def __call__(self, number: int, frame: FrameType | None = None) -> None:
        """Take a signal."""
        again = self._signal is not None
        self._signal = number
        if again or not self._held:
            self._raise(number)

    def request(self) -> None:
        """Ask as SIGTERM does, unless something else has asked before."""
        self._signal = self._signal or signal.SIGTERM

    @property
    def requested(self) -> bool:
        """Return whether the work is to end."""
        if self._parent is not None and os.getppid() != self._parent:
            self.request()
        return self._signal is not None

    def raise_if_requested(self) -> None:
        """Raise what was held off.

        Raises:
            KeyboardInterrupt: after SIGINT.
            SystemExit: after another signal, with 128 and its number.
        """
        if self.requested and self._signal is not None:
            self._raise(self._signal)

    @contextmanager
    def defer_signals(self) -> Iterator[None]:
        """Hold a signal off while the context lasts."""
        with self._set(held=True):
            yield
        if not self._held:
            self.raise_if_requested()

    @contextmanager
    def allow_signals(self) -> Iterator[None]:
        """Let a signal through at once within a context that holds it off."""
        self.raise_if_requested()
        with self._set(held=False):
            yield

    @contextmanager
    def _set(self, *, held: bool) -> Iterator[None]:
        before, self._held = self._held, held
        try:
            yield
        finally:
            self._held = before

    @staticmethod
    def _raise(number: int) -> NoReturn:
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)

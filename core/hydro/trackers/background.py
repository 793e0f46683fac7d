"""Tells a tracker what happens without waiting for it."""

import logging
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from queue import Full, Queue
from threading import Thread
from types import TracebackType
from typing import Any, Self

from hydro.trackers.tracker import Tracker

logger = logging.getLogger(__name__)

QUEUE_SIZE = 10_000
"""Figures that may wait; a run has about a thousand updates to tell of, and its validations."""

SHUTDOWN_TIMEOUT = 30.0
"""Seconds that the end of a run waits for a tracker that does not get on."""

MAX_WAITS = 4
"""How often it waits so long for one that does."""

SECRET = re.compile("TOKEN|KEY|SECRET|PASSWORD", re.IGNORECASE)
"""In the name of an environment variable that nobody is to read."""

ANSI_COLOR = re.compile(r"\x1b\[[0-9;]*m")
"""What clients put into their messages for terminals."""


class Aside:
    """Calls a tracker from a thread of its own, so that one that fails or hangs stops no run."""

    def __init__(
        self,
        tracker: Tracker,
        name: str,
        parameters: Mapping[str, Any],
        *,
        patience: float = SHUTDOWN_TIMEOUT,
    ) -> None:
        self.tracker, self.name, self.parameters = tracker, name, parameters
        self.patience = patience
        self.calls: Queue[Callable[[], None]] = Queue(QUEUE_SIZE)
        self.done = 0
        self.closed = self.warned = False
        self.thread = Thread(target=self._work, name=f"tracker {name}", daemon=True)

    def __enter__(self) -> Self:
        self._put(partial(self.tracker.start, self.parameters))
        self.thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._put(partial(self._close, failed=kind is not None))
        for _ in range(MAX_WAITS):
            done = self.done
            self.thread.join(self.patience)
            if self.done == done:
                break
        if self.thread.is_alive():
            self._warn("has not taken all figures in time")

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Have the tracker take figures, unless it has failed."""
        self._put(partial(self.tracker.log, values, step))

    def _put(self, call: Callable[[], None]) -> None:
        try:
            self.calls.put_nowait(call)
        except Full:
            self._warn("does not keep up, and misses some figures")

    def _work(self) -> None:
        while not self.closed:
            try:
                self.calls.get()()
            except Exception as error:
                self._warn(f"failed, and is told no more: {_error_text(error)}")
                with suppress(Exception):
                    self._close(failed=True)
            self.done += 1

    def _close(self, *, failed: bool) -> None:
        self.closed = True
        self.tracker.close(failed=failed)

    def _warn(self, what: str) -> None:
        if not self.warned:
            self.warned = True
            logger.warning("%s %s. history.jsonl has all figures", self.name, what)


def _error_text(error: Exception) -> str:
    """Format an error as a line without secrets of the environment or of an address."""
    # The name of the most general error only hides what a client in its process called it.
    said = f"{type(error).__name__}: {error}".removeprefix("RuntimeError: ")
    said = " ".join(ANSI_COLOR.sub("", said).split())
    for name, value in os.environ.items():
        if SECRET.search(name) and len(value) > 3:
            said = said.replace(value, f"${name}")
    return re.sub(r"//[^/@\s]*@", "//", said)[:300].rstrip(".")

"""Call a tracker without waiting for it."""

import logging
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from queue import Full, Queue
from threading import Thread
from types import TracebackType
from typing import Self

from hydro.trackers.tracker import Tracker

logger = logging.getLogger(__name__)

QUEUE_SIZE = 10_000
"""Calls that may wait; a run makes about a thousand, and one for each validation."""

SHUTDOWN_TIMEOUT = 30.0
"""Seconds that the end of a run waits for a tracker that makes no progress."""

MAX_WAITS = 4
"""How often it waits so long for one that does."""

SECRET = re.compile("TOKEN|KEY|SECRET|PASSWORD", re.IGNORECASE)
"""Names of environment variables whose values appear in no message."""

ANSI_COLOR = re.compile(r"\x1b\[[0-9;]*m")
"""Colors in the messages of some clients."""


class BackgroundTracker:
    """Calls a tracker from a daemon thread, so that one that fails or hangs never stops a run."""

    def __init__(
        self,
        tracker: Tracker,
        name: str,
        parameters: Mapping[str, object],
        *,
        timeout: float = SHUTDOWN_TIMEOUT,
    ) -> None:
        self.tracker, self.name, self.parameters = tracker, name, parameters
        self.timeout = timeout
        self.calls: Queue[Callable[[], None]] = Queue(QUEUE_SIZE)
        self.completed = 0
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
            completed = self.completed
            self.thread.join(self.timeout)
            if self.completed == completed:
                break
        if self.thread.is_alive():
            self._warn("did not receive all metrics in time")

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Queue metrics; a tracker that has failed ignores them."""
        self._put(partial(self.tracker.log, values, step))

    def _put(self, call: Callable[[], None]) -> None:
        try:
            self.calls.put_nowait(call)
        except Full:
            self._warn("does not keep up, so some metrics are dropped")

    def _work(self) -> None:
        while not self.closed:
            try:
                self.calls.get()()
            except Exception as error:
                self._warn(f"failed and receives no more metrics: {_error_text(error)}")
                with suppress(Exception):
                    self._close(failed=True)
            self.completed += 1

    def _close(self, *, failed: bool) -> None:
        self.closed = True
        self.tracker.close(failed=failed)

    def _warn(self, problem: str) -> None:
        if not self.warned:
            self.warned = True
            logger.warning("%s %s. history.jsonl has all metrics", self.name, problem)


def _error_text(error: Exception) -> str:
    """Format an error as one line, without secrets from the environment or from a URL."""
    # A client's process reports its error by name; the RuntimeError around it adds nothing.
    text = f"{type(error).__name__}: {error}".removeprefix("RuntimeError: ")
    text = " ".join(ANSI_COLOR.sub("", text).split())
    for name, value in os.environ.items():
        if SECRET.search(name) and len(value) > 3:
            text = text.replace(value, f"${name}")
    return re.sub(r"//[^/@\s]*@", "//", text)[:300].rstrip(".")

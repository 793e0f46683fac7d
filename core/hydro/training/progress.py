"""How long work tells somebody how far it is; what shows it is somebody else's choice."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Task(Protocol):
    """One piece of long work."""

    def advance(self, done: int, **figures: float) -> None:
        """Describe that ``done`` more units are done, with the figures that matter now."""


class Progress(Protocol):
    """Shows tasks."""

    @contextmanager
    def task(self, name: str, total: int, unit: str) -> Iterator[Task]:
        """Show a task of ``total`` units while the context lasts."""
        yield NoTask()


class NoTask:
    """Shows nothing."""

    def advance(self, done: int, **figures: float) -> None:
        """Take note of nothing."""


class NoProgress:
    """Shows no task at all."""

    @contextmanager
    def task(self, name: str, total: int, unit: str) -> Iterator[Task]:
        """Run silently."""
        yield NoTask()

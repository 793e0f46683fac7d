"""Progress reporting protocols."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Task(Protocol):
    """A task whose progress is shown."""

    def advance(self, done: int, **figures: float) -> None:
        """Advance by ``done`` units, and show the present figures."""


class Progress(Protocol):
    """Shows tasks."""

    @contextmanager
    def task(self, name: str, total: int, unit: str) -> Iterator[Task]:
        """Show a task of ``total`` units while the context lasts."""
        yield NoTask()


class NoTask:
    """Shows nothing."""

    def advance(self, done: int, **figures: float) -> None:
        """Do nothing."""


class NoProgress:
    """Shows no task at all."""

    @contextmanager
    def task(self, name: str, total: int, unit: str) -> Iterator[Task]:
        """Return a task that is not shown."""
        yield NoTask()

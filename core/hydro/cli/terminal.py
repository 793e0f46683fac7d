"""What people see while work is going on: bars on a terminal, plain lines elsewhere."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import TimeRemainingColumn as TimeLeftColumn

from hydro.cli.console import error_console
from hydro.training.progress import Task

PLAIN_SECONDS = 20
"""How often a task speaks where there is no terminal to redraw."""

NAMES = {
    "loss": "loss {:.3f}",
    "rate": "lr {:.1e}",
    "metric": "metric {:.4f}",
    "best": "best {:.4f}",
}


class TerminalProgress:
    """Shows tasks on standard error: bars on a terminal, now and then a line elsewhere."""

    def __init__(self) -> None:
        self.console = error_console()
        self.bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[said]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeLeftColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self.handler = _ConsoleHandler(self.console)

    def __enter__(self) -> Self:
        logger = logging.getLogger("hydro")
        logger.addHandler(self.handler)
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.INFO)
        self.bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bars.stop()
        logging.getLogger("hydro").removeHandler(self.handler)

    @contextmanager
    def task(self, name: str, total: int, unit: str) -> Iterator[Task]:
        """Show a task of ``total`` units while the context lasts; its figures stay."""
        row = self.bars.add_task(name, total=total, said="")
        shown = _ShownTask(self, row, name, total, unit)
        try:
            yield shown
        finally:
            self.bars.remove_task(row)
        shown.finish()

    def print(self, line: str) -> None:
        """Print a line beside the bars."""
        self.console.print(escape(line), soft_wrap=True)


class _ShownTask:
    """One task on the terminal."""

    def __init__(
        self, progress: TerminalProgress, row: TaskID, name: str, total: int, unit: str
    ) -> None:
        self.progress, self.row = progress, row
        self.name, self.total, self.unit = name, total, unit
        self.done = 0
        self.figures = ""
        self.started = self.spoke = time.monotonic()

    def advance(self, done: int, **figures: float) -> None:
        """Describe that ``done`` more units are done, with the figures that matter now."""
        self.done += done
        if figures:
            self.figures = "  ".join(NAMES[key].format(value) for key, value in figures.items())
        self.progress.bars.update(self.row, completed=self.done, said=self._said())
        now = time.monotonic()
        # A search says by itself how each run ended.
        speaks = not self.progress.console.is_terminal and self.done and self.unit != "runs"
        if speaks and now - self.spoke > PLAIN_SECONDS:
            self.spoke = now
            left = (now - self.started) / self.done * (self.total - self.done)
            said = (self.name, self._count(), self._pace(), self.figures, f"{left:.0f} s left")
            self.progress.print("  ".join(each for each in said if each))

    def finish(self) -> None:
        """Leave a line where there are figures to remember and units that were counted."""
        if not (self.figures and self.unit):
            return
        seconds = time.monotonic() - self.started
        self.progress.print(f"{self.name}  {self._said()}  {seconds:.1f} s")

    def _said(self) -> str:
        beside_the_bar = self._pace() or (self._count() if self.unit else "")
        return f"{beside_the_bar}  {self.figures}".strip()

    def _count(self) -> str:
        return f"{self.done:,}/{self.total:,} {self.unit}" if self.unit else f"{self.done} %"

    def _pace(self) -> str:
        """Format the units a second; runs and percent have none."""
        rate = self.done / max(1e-9, time.monotonic() - self.started)
        return "" if self.unit in ("", "runs") else f"{rate:,.0f} {self.unit}/s"


class _ConsoleHandler(logging.Handler):
    """Prints what hydro logs, above the bars."""

    def __init__(self, console: Console) -> None:
        super().__init__(logging.INFO)
        self.console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Print one message; warnings say that they are."""
        warning = record.levelno >= logging.WARNING
        prefix = "[yellow]warning:[/] " if warning else ""
        self.console.print(f"{prefix}{escape(record.getMessage())}", soft_wrap=True)

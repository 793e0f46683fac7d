"""Progress of a tuning: runs done, time left and the best score so far."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from hydro.formatting import format_duration
from hydro.training.progress import Task
from hydro.tuning.leaderboard import RunResult, rank

logger = logging.getLogger(__name__)


@dataclass
class TuningProgress:
    """Shows the progress of a tuning."""

    task: Task
    """With one unit for each run."""
    total: int
    """The maximum number of runs."""
    higher_is_better: bool
    all_runs: Callable[[], Sequence[RunResult]]
    """Returns the results of all runs so far, also those of other processes."""
    shown: int = 0
    ended: int = 0
    """By this process."""
    started: float = field(default_factory=time.monotonic)
    lock: Lock = field(default_factory=Lock)

    def refresh(self) -> str:
        """Show the number of runs done and the best score; return them as text."""
        runs = self.all_runs()
        done = sum(run.state in ("finished", "failed", "pruned") for run in runs)
        best = rank(runs, higher_is_better=self.higher_is_better)[0].mean if runs else None
        self.task.advance(done - self.shown, **({} if best is None else {"best": best}))
        self.shown = done
        parts = [f"{done} of {self.total} done", self._left()]
        parts += [] if best is None else [f"best {best:.4f}"]
        return ", ".join(each for each in parts if each)

    def run_finished(self, run: RunResult) -> None:
        """Log how a run ended, and the progress."""
        with self.lock:
            self.ended += 1
            progress = self.refresh()
        if run.score is not None:
            logger.info(
                "%s: %.4f, %s  (%s)", run.run, run.score, format_duration(run.seconds), progress
            )
        else:
            level = logging.INFO if run.state == "pruned" else logging.WARNING
            logger.log(level, "%s: %s, %s  (%s)", run.run, run.state, run.message, progress)

    def _left(self) -> str:
        left = self.total - self.shown
        if not self.ended or left <= 0:
            return ""
        return (
            f"about {format_duration((time.monotonic() - self.started) / self.ended * left)} left"
        )

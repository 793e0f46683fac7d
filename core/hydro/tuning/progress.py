"""Tells after each run of a search how far it is, how long it may take and what is best so far."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from hydro.training.progress import Task
from hydro.tuning.leaderboard import RunResult, rank

logger = logging.getLogger(__name__)


@dataclass
class TuningProgress:
    """What people see of a search while it goes on."""

    task: Task
    """One unit a run."""
    total: int
    """Runs there will be, at most."""
    higher_is_better: bool
    all_runs: Callable[[], Sequence[RunResult]]
    """Tells what has become of all runs so far, those of other processes too."""
    shown: int = 0
    ended: int = 0
    """By this process."""
    started: float = field(default_factory=time.monotonic)
    lock: Lock = field(default_factory=Lock)

    def refresh(self) -> str:
        """Show how many runs are done and the best score; give that as words."""
        runs = self.all_runs()
        done = sum(run.state in ("finished", "failed", "pruned") for run in runs)
        best = rank(runs, higher_is_better=self.higher_is_better)[0].mean if runs else None
        self.task.advance(done - self.shown, **({} if best is None else {"best": best}))
        self.shown = done
        said = [f"{done} of {self.total} done", self._left()]
        said += [] if best is None else [f"best {best:.4f}"]
        return ", ".join(each for each in said if each)

    def run_finished(self, run: RunResult) -> None:
        """Describe how a run ended, and how far the search is."""
        with self.lock:
            self.ended += 1
            far = self.refresh()
        if run.score is not None:
            logger.info("%s: %.4f, %s  (%s)", run.run, run.score, format_duration(run.seconds), far)
        else:
            level = logging.INFO if run.state == "pruned" else logging.WARNING
            logger.log(level, "%s: %s, %s  (%s)", run.run, run.state, run.message, far)

    def _left(self) -> str:
        left = self.total - self.shown
        if not self.ended or left <= 0:
            return ""
        return (
            f"about {format_duration((time.monotonic() - self.started) / self.ended * left)} left"
        )


def format_duration(seconds: float) -> str:
    """Describe a time in the unit that suits it."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"

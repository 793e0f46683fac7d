"""The strategy that tries every combination of the listed values, in their order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from filelock import FileLock

from hydro.executors.local import Task, Train
from hydro.tuning.plan import PlannedRun
from hydro.tuning.trials import Trials


@dataclass(frozen=True)
class GridStrategy:
    """All runs of a plan; each is a task of its own."""

    runs: Trials
    plan: Sequence[PlannedRun]

    @property
    def total(self) -> int:
        """How many runs there are."""
        return len(self.plan)

    def planned(self) -> list[PlannedRun]:
        """List all runs."""
        return [*self.plan]

    def begin(self) -> None:
        """Make all runs ready that have not finished and that no other process has."""
        for run in self.plan:
            if self.runs.result(run).state != "finished" and (lock := self.runs.claim(run)):
                with lock:
                    self.runs.prepare(run)

    def tasks(self) -> Iterator[Task]:
        """Return the runs that wait and that no other process has."""
        for run in self.unfinished():
            if lock := self.runs.claim(run):
                # Another process may have come to its end since.
                if self.runs.is_done(run):
                    lock.release()
                else:
                    yield partial(self._train, run, lock)

    def unfinished(self) -> list[PlannedRun]:
        """List the runs that have not come to an end."""
        return [run for run in self.plan if not self.runs.is_done(run)]

    def _train(self, run: PlannedRun, lock: FileLock, train: Train) -> None:
        with lock:
            self.runs.train(run, train)

"""Grid strategy: every combination of the listed values, in their order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from filelock import FileLock

from hydro.executors.local import Task, Train
from hydro.tuning.plan import PlannedRun
from hydro.tuning.trials import Trials


@dataclass(frozen=True)
class GridStrategy:
    """Trains all runs of a plan; each is one task."""

    runs: Trials
    plan: Sequence[PlannedRun]

    @property
    def total(self) -> int:
        """The number of runs."""
        return len(self.plan)

    def planned(self) -> list[PlannedRun]:
        """Return all runs."""
        return [*self.plan]

    def begin(self) -> None:
        """Prepare all runs that have not finished and that no other process trains."""
        for run in self.plan:
            if self.runs.result(run).state != "finished" and (lock := self.runs.claim(run)):
                with lock:
                    self.runs.prepare(run)

    def tasks(self) -> Iterator[Task]:
        """Return the runs that wait and that no other process trains."""
        for run in self.unfinished():
            if lock := self.runs.claim(run):
                # Another process may have finished it meanwhile.
                if self.runs.is_done(run):
                    lock.release()
                else:
                    yield partial(self._train, run, lock)

    def unfinished(self) -> list[PlannedRun]:
        """Return the runs that have not ended."""
        return [run for run in self.plan if not self.runs.is_done(run)]

    def _train(self, run: PlannedRun, lock: FileLock, train: Train) -> None:
        with lock:
            self.runs.train(run, train)

"""Train planned runs in their folders, follow their progress, and read their results."""

import dataclasses
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from filelock import FileLock, Timeout

from hydro.artifacts.files import write_text
from hydro.artifacts.results import read_scores
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, read_status, write_status
from hydro.executors.local import Train
from hydro.settings.grid_search import with_values
from hydro.settings.yaml_writer import dump
from hydro.training.checkpoint import Checkpoints
from hydro.training.progress import Progress, Task
from hydro.tuning.leaderboard import RunResult
from hydro.tuning.plan import PlannedRun

logger = logging.getLogger(__name__)

PRUNED = "pruned"

PruningCallback = Callable[[int, float], bool]
"""Called with the number of a validation, from 0, and its metric; returns whether to stop."""


def no_pruning(number: int, metric: float) -> bool:
    """Never stop a run."""
    return False


@dataclass(frozen=True)
class Trials:
    """The runs of an experiment, in their folders."""

    folder: RunFolder
    metric: str
    gpus: Sequence[str]
    progress: Progress
    on_finished: Callable[[RunResult], None]
    """Called with each run that this process has trained."""

    def of(self, run: PlannedRun) -> RunFolder:
        """Return the folder of a run."""
        return self.folder.run(run.name)

    def claim(self, run: PlannedRun) -> FileLock | None:
        """Lock a run for this process; None if another process has it."""
        lock = self.of(run).lock()
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return None
        return lock

    def prepare(self, run: PlannedRun) -> None:
        """Prepare the folder of a run, which keeps its checkpoint if it has one."""
        # A run's process sees only its own GPUs, numbered from 0.
        seen = tuple(map(str, range(run.settings.environment.number_of_gpus_per_run)))
        own = {"environment.gpus": seen} if self.gpus else {}
        self.of(run).clear()
        write_text(self.of(run).config, dump(with_values(run.settings, own)))
        write_status(self.of(run), Status("queued"))

    def train(
        self, run: PlannedRun, train: Train, should_prune: PruningCallback = no_pruning
    ) -> RunResult:
        """Train a run, and stop it when ``should_prune`` returns true for a validation."""
        self.prepare(run)
        with self.progress.task(str(run), 100, "") as task:
            followed = _FollowedRun(
                self.of(run), run.settings.training.epochs, self.metric, should_prune, task
            )
            train(self.of(run).path, followed.look)
        if followed.stops:
            self.prune(run, "a validation was worse than the median of the others")
        self.on_finished(self.result(run))
        return self.result(run)

    def prune(self, run: PlannedRun, why: str) -> None:
        """Mark a run as pruned, and delete its checkpoints."""
        status = read_status(self.of(run))
        pruned = dataclasses.replace(status, state="stopped", reason=PRUNED, message=why)
        write_status(self.of(run), pruned)
        Checkpoints(self.of(run).checkpoints).clear()

    def is_done(self, run: PlannedRun) -> bool:
        """Return whether a run has finished, failed or been pruned."""
        return self.result(run).state in ("finished", "failed", PRUNED)

    def result(self, run: PlannedRun) -> RunResult:
        """Return the result of a run so far."""
        folder = self.of(run)
        status, score = read_status(folder), None
        if status.state == "finished":
            scores = read_scores(folder)["validation"]["metrics"]
            score = float(scores[self.metric]["after"])
        state = PRUNED if status.reason == PRUNED else status.state
        return RunResult(run, state, score, status.seconds or 0.0, status.message)


@dataclass
class _FollowedRun:
    """Follows a run that trains, by its history."""

    folder: RunFolder
    epochs: float
    metric: str
    should_prune: PruningCallback
    task: Task
    stops: bool = False
    read: int = 0
    validations: int = 0
    percent: int = 0
    figures: dict[str, float] = field(default_factory=dict)

    def look(self) -> bool:
        """Read new events, show them, and return whether to stop the run."""
        events, read = self.folder.history.read(self.read)
        if read < self.read:
            self.validations = 0
        self.read = read
        for event in events:
            if event["event"] == "training":
                self._show(event["epoch"] / self.epochs, loss=event["loss"])
            if event["event"] == "validation":
                self._show(metric=event[self.metric])
                self.stops = self.stops or self.should_prune(self.validations, event[self.metric])
                self.validations += 1
        return self.stops

    def _show(self, share: float | None = None, **figures: float) -> None:
        percent = self.percent if share is None else round(100 * share)
        self.figures |= figures
        self.task.advance(percent - self.percent, **self.figures)
        self.percent = percent

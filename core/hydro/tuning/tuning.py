"""Train the runs of an experiment that has several, and rank them."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from hydro.artifacts.results import write_leaderboard
from hydro.artifacts.run_folder import RunFolder
from hydro.errors import TrainingError
from hydro.evaluation.predictions_file import join_predictions
from hydro.executors.local import LocalExecutor, Task, slots
from hydro.settings.sections import Settings
from hydro.training.devices import gpu_ids
from hydro.training.progress import Progress
from hydro.tuning.grid import GridStrategy
from hydro.tuning.leaderboard import LeaderboardEntry, RunResult, rank
from hydro.tuning.optuna_strategy import OptunaStrategy
from hydro.tuning.plan import PlannedRun, describe_plan, plan
from hydro.tuning.progress import TuningProgress
from hydro.tuning.trials import Trials

logger = logging.getLogger(__name__)


class RunsFailed(TrainingError):
    """Some runs failed; the leaderboard has all of them."""

    def __init__(self, message: str, folder: Path, entries: Sequence[LeaderboardEntry]) -> None:
        super().__init__(message)
        self.folder = folder
        self.entries = tuple(entries)


class Strategy(Protocol):
    """Decides what to train next."""

    @property
    def total(self) -> int:
        """The maximum number of runs."""

    def begin(self) -> None:
        """Prepare what an earlier process left unfinished."""

    def planned(self) -> list[PlannedRun]:
        """Return the runs so far."""

    def tasks(self) -> Iterator[Task]:
        """Return the tasks of this process, each computed when it is requested."""

    def unfinished(self) -> list[PlannedRun]:
        """Return the runs that started, in any process, and have not ended."""


def tune(
    settings: Settings,
    folds: Sequence[str],
    folder: RunFolder,
    progress: Progress,
    *,
    higher_is_better: bool,
) -> list[LeaderboardEntry]:
    """Train the runs that have not finished; return the combinations, the best first.

    Other processes may work in the same folder. No run is trained by two of them, and each waits
    for all, so that all return the same.

    Raises:
        RunsFailed: a run failed; the leaderboard has the others.
    """
    metric, gpus = settings.prediction.metric, gpu_ids(settings.environment.gpus)
    runs = Trials(folder, metric, gpus, progress, lambda run: reporter.run_finished(run))
    strategy: Strategy
    if settings.search.strategy == "Grid":
        strategy = GridStrategy(runs, plan(settings, folds))
    else:
        strategy = OptunaStrategy(settings, folds, runs, higher_is_better=higher_is_better)
    with folder.lock():
        strategy.begin()

    def ended() -> list[RunResult]:
        return [runs.result(run) for run in strategy.planned()]

    with progress.task("tuning", strategy.total, "runs") as task:
        reporter = TuningProgress(task, strategy.total, higher_is_better, ended)
        logger.info("%s; %s", describe_plan(settings, folds), reporter.refresh())
        executor = LocalExecutor(slots(gpus, settings.environment.number_of_gpus_per_run))
        _work(strategy, runs, reporter, executor)
    entries = rank(ended(), higher_is_better=higher_is_better)
    write_leaderboard(folder, [entry.row() for entry in entries])
    _join(entries[0], folder)
    _check(ended(), folder.path, entries)
    return entries


def _work(
    strategy: Strategy, runs: Trials, reporter: TuningProgress, executor: LocalExecutor
) -> None:
    """Train until all runs have ended, here and in other processes."""
    executor.run(strategy.tasks())
    while unfinished := strategy.unfinished():
        logger.info("waiting for another process that trains %s", unfinished[0])
        with runs.of(unfinished[0]).lock():
            reporter.refresh()
        executor.run(strategy.tasks())


def _check(
    finished: Sequence[RunResult], folder: Path, entries: Sequence[LeaderboardEntry]
) -> None:
    failed = [each for each in finished if each.state == "failed"]
    if failed:
        listed = ", ".join(each.run.name for each in failed)
        why = f"The first: {failed[0].message}"
        msg = f"{len(failed)} of {len(finished)} runs failed: {listed}. {why}"
        raise RunsFailed(msg, folder, entries)


def _join(best: LeaderboardEntry, folder: RunFolder) -> None:
    """Join the predictions of the best combination's folds, where it has several."""
    if len(best.runs) > 1 and best.mean is not None:
        join_predictions(folder, [folder.run(name) for name in best.runs], best.folds)

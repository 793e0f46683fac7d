"""Trains the runs of an experiment that has several, and says which combination did best."""

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
    """Some runs failed; the others are whole, and the places of all are here."""

    def __init__(self, message: str, folder: Path, places: Sequence[LeaderboardEntry]) -> None:
        super().__init__(message)
        self.folder = folder
        self.entries = tuple(places)


class Strategy(Protocol):
    """Says what is to be trained next."""

    @property
    def total(self) -> int:
        """How many runs there will be, at most."""

    def begin(self) -> None:
        """Make ready what an earlier process left undone."""

    def planned(self) -> list[PlannedRun]:
        """List the runs that there are so far."""

    def tasks(self) -> Iterator[Task]:
        """Return what there is for this process to do, each when it is asked for."""

    def unfinished(self) -> list[PlannedRun]:
        """List the runs that have begun, here or in another process, and have no end yet."""


def tune(
    settings: Settings,
    folds: Sequence[str],
    folder: RunFolder,
    progress: Progress,
    *,
    higher_is_better: bool,
) -> list[LeaderboardEntry]:
    """Train the runs that have not finished yet; give the combinations, the best first.

    Other processes may work in the same folder. No run is trained by two of them, and each waits
    for all, so that all come to the same end.

    Raises:
        RunsFailed: a run failed; the others are whole, and the leaderboard has them.
    """
    metric, gpus = settings.prediction.metric, gpu_ids(settings.environment.gpus)
    runs = Trials(folder, metric, gpus, progress, lambda run: board.run_finished(run))
    strategy: Strategy
    if settings.search.strategy == "Grid":
        strategy = GridStrategy(runs, plan(settings, folds))
    else:
        strategy = OptunaStrategy(settings, folds, runs, higher_is_better=higher_is_better)
    with folder.lock():
        strategy.begin()

    def ended() -> list[RunResult]:
        return [runs.result(run) for run in strategy.planned()]

    with progress.task("search", strategy.total, "runs") as task:
        board = TuningProgress(task, strategy.total, higher_is_better, ended)
        logger.info("%s; %s", describe_plan(settings, folds), board.refresh())
        queue = LocalExecutor(slots(gpus, settings.environment.number_of_gpus_per_run))
        _work(strategy, runs, board, queue)
    places = rank(ended(), higher_is_better=higher_is_better)
    write_leaderboard(folder, [place.row() for place in places])
    _join(places[0], folder)
    _check(ended(), folder.path, places)
    return places


def _work(strategy: Strategy, runs: Trials, board: TuningProgress, queue: LocalExecutor) -> None:
    """Train until there is nothing left, here or in another process."""
    queue.run(strategy.tasks())
    while undone := strategy.unfinished():
        logger.info("waiting for what another process trains: %s", undone[0])
        with runs.of(undone[0]).lock():
            board.refresh()
        queue.run(strategy.tasks())


def _check(finished: Sequence[RunResult], folder: Path, places: Sequence[LeaderboardEntry]) -> None:
    failed = [each for each in finished if each.state == "failed"]
    if failed:
        listed = ", ".join(each.run.name for each in failed)
        why = f"The first: {failed[0].message}"
        msg = f"{len(failed)} of {len(finished)} runs failed: {listed}. {why}"
        raise RunsFailed(msg, folder, places)


def _join(best: LeaderboardEntry, folder: RunFolder) -> None:
    """Join the predictions of the best combination's folds, where it has several."""
    if len(best.runs) > 1 and best.mean is not None:
        join_predictions(folder, [folder.run(name) for name in best.runs], best.folds)

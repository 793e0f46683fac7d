"""Trains the runs of an experiment that has several, and says which combination did best."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from hydro.artifacts.run_folder import RunFolder
from hydro.errors import TrainingError
from hydro.executors.local import Queue, Task, slots
from hydro.settings.sections import Settings
from hydro.training.devices import gpu_ids
from hydro.training.progress import Progress
from hydro.tuning.grid import Every
from hydro.tuning.leaderboard import Finished, Place, rank_places
from hydro.tuning.optuna_strategy import Study
from hydro.tuning.plan import PlannedRun, plan, spoken
from hydro.tuning.progress import Board
from hydro.tuning.trials import Runs

logger = logging.getLogger(__name__)


class RunsFailed(TrainingError):
    """Some runs failed; the others are whole, and the places of all are here."""

    def __init__(self, message: str, folder: Path, places: Sequence[Place]) -> None:
        super().__init__(message)
        self.folder = folder
        self.places = tuple(places)


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
        """Give what there is for this process to do, each when it is asked for."""

    def undone(self) -> list[PlannedRun]:
        """List the runs that have begun, here or in another process, and have no end yet."""


def search(
    settings: Settings,
    folds: Sequence[str],
    folder: RunFolder,
    progress: Progress,
    *,
    higher_is_better: bool,
) -> list[Place]:
    """Train the runs that have not finished yet; give the combinations, the best first.

    Other processes may work in the same folder. No run is trained by two of them, and each waits
    for all, so that all come to the same end.

    Raises:
        RunsFailed: a run failed; the others are whole, and the leaderboard has them.
    """
    metric, gpus = settings.prediction.metric, gpu_ids(settings.environment.gpus)
    runs = Runs(folder, metric, gpus, progress, lambda run: board.tell(run))
    strategy: Strategy
    if settings.search.strategy == "Grid":
        strategy = Every(runs, plan(settings, folds))
    else:
        strategy = Study(settings, folds, runs, higher_is_better=higher_is_better)
    with folder.lock():
        strategy.begin()

    def ended() -> list[Finished]:
        return [runs.finished(run) for run in strategy.planned()]

    with progress.task("search", strategy.total, "runs") as task:
        board = Board(task, strategy.total, higher_is_better, ended)
        logger.info("%s; %s", spoken(settings, folds), board.refresh())
        queue = Queue(slots(gpus, settings.environment.number_of_gpus_per_run))
        _work(strategy, runs, board, queue)
    places = rank_places(ended(), higher_is_better=higher_is_better)
    folder.write_leaderboard([place.row() for place in places])
    _join(places[0], folder)
    _check(ended(), folder.path, places)
    return places


def _work(strategy: Strategy, runs: Runs, board: Board, queue: Queue) -> None:
    """Train until there is nothing left, here or in another process."""
    queue.work(strategy.tasks())
    while undone := strategy.undone():
        logger.info("waiting for what another process trains: %s", undone[0])
        with runs.of(undone[0]).lock():
            board.refresh()
        queue.work(strategy.tasks())


def _check(finished: Sequence[Finished], folder: Path, places: Sequence[Place]) -> None:
    failed = [each for each in finished if each.state == "failed"]
    if failed:
        listed = ", ".join(each.run.name for each in failed)
        why = f"The first: {failed[0].message}"
        msg = f"{len(failed)} of {len(finished)} runs failed: {listed}. {why}"
        raise RunsFailed(msg, folder, places)


def _join(best: Place, folder: RunFolder) -> None:
    """Join the predictions of the best combination's folds, where it has several."""
    if len(best.runs) > 1 and best.mean is not None:
        folder.join_predictions([folder.run(name) for name in best.runs], best.folds)

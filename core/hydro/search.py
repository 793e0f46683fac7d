"""Trains every run of an experiment that has several, and says which did best."""

import logging
from collections.abc import Sequence
from pathlib import Path

from hydro.errors import TrainingError
from hydro.folder import RunFolder
from hydro.leaderboard import Finished, Place, rank_places
from hydro.plan import PlannedRun
from hydro.queue import Queue, slots
from hydro.settings.document import dump
from hydro.settings.grid import with_values
from hydro.settings.sections import Settings
from hydro.status import Status
from hydro.training.devices import gpu_ids

logger = logging.getLogger(__name__)


def search(
    settings: Settings,
    runs: Sequence[PlannedRun],
    folder: RunFolder,
    *,
    higher_is_better: bool,
) -> list[Place]:
    """Train the runs that have not finished yet; give the combinations, the best first.

    Raises:
        TrainingError: a run failed; the others are whole, and the leaderboard has them.
    """
    folders = {run.name: folder.run(run.name) for run in runs}
    waiting = [run for run in runs if folders[run.name].read_status().state != "finished"]
    gpus = gpu_ids(settings.environment.gpus)
    for run in waiting:
        # A run's process sees one GPU, whatever it is called outside.
        own = with_values(run.settings, {"environment.gpus": ("0",)}) if gpus else run.settings
        folders[run.name].clear()
        folders[run.name].write_config(dump(own))
        folders[run.name].write_status(Status("queued"))
    logger.info("%d runs, %d to do", len(runs), len(waiting))

    queue = Queue(slots(gpus))
    queue.work([folders[run.name].path for run in waiting], _tell)

    finished = [_finished(run, folders[run.name], settings.prediction.metric) for run in runs]
    places = rank_places(finished, higher_is_better=higher_is_better)
    folder.write_leaderboard([place.row() for place in places])
    _join(places[0], folder, folders)
    failed = [each.run.name for each in finished if each.score is None]
    if failed:
        for place in places:
            logger.info(place)
        why = folders[failed[0]].read_status().message
        listed = ", ".join(failed)
        msg = f"{len(failed)} of {len(runs)} runs failed: {listed}. The first: {why}"
        raise TrainingError(msg)
    return places


def _tell(path: Path) -> None:
    status = RunFolder(path).read_status()
    said = f"run {path.name} {status.state}, {status.seconds or 0:.0f} s"
    if status.state == "finished":
        logger.info(said)
    else:
        logger.warning("%s: %s", said, status.message)


def _finished(run: PlannedRun, folder: RunFolder, metric: str) -> Finished:
    status = folder.read_status()
    score = None
    if status.state == "finished":
        score = float(folder.read_scores()["validation"]["metrics"][metric]["after"])
    return Finished(run, status.state, score, status.seconds or 0.0)


def _join(best: Place, folder: RunFolder, folders: dict[str, RunFolder]) -> None:
    """Join the predictions of the best combination's folds, where it has several."""
    if len(best.runs) > 1 and best.mean is not None:
        folder.join_predictions([folders[name] for name in best.runs], best.folds)

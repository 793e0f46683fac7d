"""Trains an experiment, of one run or of several, into its folder."""

import logging
from dataclasses import dataclass
from pathlib import Path

from hydro.artifacts.files import JsonObject, write_text
from hydro.artifacts.log import open_log
from hydro.artifacts.results import read_environment, read_scores
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, read_status, write_status
from hydro.errors import OutOfMemoryError, SettingsError
from hydro.experiment.batch_sizes import can_halve_batches, halve_batches, with_adjusted_batches
from hydro.experiment.experiment import Experiment
from hydro.experiment.launch import launch
from hydro.experiment.resume import check_tables
from hydro.experiment.session import record_run, run_session
from hydro.report.write import write_report_at_end
from hydro.settings.sections import Settings
from hydro.settings.yaml_writer import dump
from hydro.training.out_of_memory import free_memory
from hydro.training.progress import Progress
from hydro.training.signals import StopSignal
from hydro.tuning.leaderboard import LeaderboardEntry
from hydro.tuning.tuning import tune

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What an experiment achieved."""

    folder: Path
    settings: Settings
    scores: JsonObject
    """Of every split; none where there are several runs."""
    leaderboard: tuple[LeaderboardEntry, ...] = ()
    """The combinations, best first, where there are several runs."""


def create_folder(experiment: Experiment, output: Path) -> RunFolder:
    """Make the folder of an experiment below ``output``.

    Raises:
        SettingsError: the experiment has several runs, which torch's launcher cannot start.
        ResourceError: the folder cannot be made.
    """
    if experiment.has_several_runs and experiment.processes.world_size > 1:
        msg = (
            f"{len(experiment.planned_runs)} runs, in processes that torch's launcher started. "
            "Start hydro run without it: each run then gets environment.number_of_gpus_per_run GPUs"
        )
        raise SettingsError(msg)
    folder = RunFolder.create(output, experiment.settings.experiment_name or "")
    # From here on it is known as an experiment, and can be resumed.
    write_text(folder.config, dump(experiment.settings))
    write_status(folder, Status("queued"))
    return folder


def open_folder(experiment: Experiment, path: Path) -> RunFolder:
    """Open the folder of an experiment that is to be resumed.

    Raises:
        DataError: its tables have changed.
    """
    folder = RunFolder(path)
    tables = read_environment(folder).get("tables", experiment.tables)
    check_tables(experiment.tables, tables)
    return folder


def run(
    experiment: Experiment,
    folder: RunFolder,
    progress: Progress,
    stop: StopSignal | None = None,
) -> Outcome:
    """Run an experiment in its folder: all of it, or what an earlier process left to do.

    Other processes may work on the same runs of several; they share what is left.

    Raises:
        ResourceError: another process works on a single run.
        HydroError: something else the user can fix; the folder's status says what.
    """
    try:
        if experiment.has_several_runs:
            entries = _tune(experiment, folder, progress)
            return Outcome(folder.path, experiment.settings, {}, tuple(entries))
        with folder.exclusive_lock():
            if read_status(folder).state == "finished":
                logger.info("%s has finished", folder.path)
                scores = read_scores(folder)
            else:
                scores = train(experiment, folder, progress, stop)
        return Outcome(folder.path, experiment.settings, scores)
    except (KeyboardInterrupt, SystemExit):
        logger.warning("stopped. To resume: hydro resume %s", folder.path)
        raise


def train(
    experiment: Experiment, folder: RunFolder, progress: Progress, stop: StopSignal | None = None
) -> JsonObject:
    """Train the one model of an experiment into its folder, and return the scores of every split.

    Training resumes from the folder's checkpoint, if it has one. When memory runs out it restarts
    with half the batches, where the settings allow that.

    Raises:
        HydroError: something the user can fix; the folder's status says what.
    """
    settings = with_adjusted_batches(experiment.settings, folder)
    is_alone = experiment.processes.world_size == 1
    while True:
        try:
            if is_alone and settings.environment.number_of_gpus_per_run > 1:
                launch(settings, folder, settings.environment.number_of_gpus_per_run)
                return read_scores(folder)
            attempt = experiment.with_settings(settings)
            with run_session(attempt, folder, progress, stop or StopSignal()) as session:
                return session.execute()
        except OutOfMemoryError:
            # Processes restart together, which is for the one that launched them.
            if not (is_alone and can_halve_batches(settings)):
                raise
        # Outside the handler: the error's traceback refers to all that did not fit.
        free_memory()
        settings = halve_batches(settings, folder)


def _tune(experiment: Experiment, folder: RunFolder, progress: Progress) -> list[LeaderboardEntry]:
    report = write_report_at_end(folder, type(experiment.settings))
    with open_log(folder), report, folder.tuning_lock(), record_run(experiment, folder):
        return tune(
            experiment.settings,
            experiment.folds,
            folder,
            progress,
            higher_is_better=experiment.higher_is_better,
        )

"""What is open while a run is trained, and what its folder keeps of how it ended."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext

import torch

from hydro.artifacts.files import write_text
from hydro.artifacts.log import open_log
from hydro.artifacts.results import read_environment, write_environment
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, read_status, write_status
from hydro.data.split_record import write_split
from hydro.experiment.experiment import Experiment
from hydro.experiment.resume import (
    check_settings,
    check_tables,
    resume_fingerprint,
    warn_of_environment,
)
from hydro.experiment.run import Run
from hydro.plugins.attribution import attribute_errors
from hydro.plugins.builder import Builder
from hydro.report.write import write_report_at_end
from hydro.settings.schema import flatten
from hydro.settings.yaml_writer import dump
from hydro.trackers.background import BackgroundTracker
from hydro.trackers.tracker import Tracker
from hydro.training.checkpoint import Checkpoint, Checkpoints
from hydro.training.checkpointing import Checkpointer
from hydro.training.out_of_memory import explain_out_of_memory
from hydro.training.progress import NoProgress, Progress
from hydro.training.signals import StopSignal

logger = logging.getLogger(__name__)


@contextmanager
def run_session(
    experiment: Experiment, folder: RunFolder, progress: Progress, stop: StopSignal
) -> Iterator[Run]:
    """Open all that a run needs, in this order, and close it in reverse.

    Of several processes only the main one locks, logs, records and shows; each of them may be the
    first to record why the run failed.
    """
    is_main = experiment.processes.is_main
    builder = Builder(experiment.settings, experiment.registry, experiment.problem)
    with ExitStack() as stack:
        enter = stack.enter_context
        if is_main:
            enter(folder.training_lock())
            enter(open_log(folder))
        # Before anything else is written: what is refused leaves the folder as it was.
        checkpoint = find_checkpoint(experiment, folder)
        if is_main:
            enter(write_report_at_end(folder, type(experiment.settings)))
            enter(record_run(experiment, folder))
            folder.clear()
            columns = experiment.problem.columns(experiment.settings)
            write_split(folder.path, experiment.frames, columns)
        else:
            enter(record_failure(folder, open_log(folder)))
        enter(explain_out_of_memory())
        enter(experiment.processes.explain_errors())
        enter(attribute_errors(builder))
        tracker = build_tracker(builder, folder, experiment.folds, is_main=is_main)
        if is_main:
            enter(tracker)
        if experiment.precision.device.type == "cuda":
            torch.cuda.set_device(experiment.precision.device)
        yield Run(
            builder,
            experiment.frames,
            experiment.targets,
            experiment.precision,
            folder,
            tracker,
            progress if is_main else NoProgress(),
            experiment.processes,
            build_checkpointer(experiment, folder, checkpoint, stop),
        )


@contextmanager
def record_run(experiment: Experiment, folder: RunFolder) -> Iterator[None]:
    """Write settings, environment and status of a run, or of several, however they end."""
    started = time.monotonic()
    for warning in experiment.warnings:
        logger.warning(warning)
    where = f"{experiment.precision.device} ({experiment.precision.name})"
    if experiment.processes.world_size > 1:
        where = f"{experiment.processes.world_size} processes, this one on {where}"
    logger.info("%s on %s into %s", experiment.problem.title, where, folder.path)
    logger.info("environment.seed: %d", experiment.settings.environment.seed)
    write_text(folder.config, dump(experiment.settings))
    batches = {k: v for k, v in read_environment(folder).items() if k.startswith("batch_")}
    write_environment(folder, experiment.environment | batches)
    write_status(folder, Status("running"))
    with record_failure(folder, nullcontext()):
        yield
    write_status(folder, Status("finished", seconds=round(time.monotonic() - started, 1)))
    Checkpoints(folder.checkpoints).clear()


@contextmanager
def record_failure(folder: RunFolder, log: AbstractContextManager[None]) -> Iterator[None]:
    """Record why a run failed: in the log, and in the status unless another process has.

    Raises:
        HydroError: what that process failed with, which is why this one did.
    """
    started = time.monotonic()
    try:
        yield
    except BaseException as error:
        with log:
            logger.debug("failed", exc_info=error)
        first = read_status(folder)
        if first.state == "failed":
            raise first.error from error
        seconds = round(time.monotonic() - started, 1)
        if isinstance(error, KeyboardInterrupt | SystemExit):
            write_status(folder, Status("stopped", "interrupted", seconds=seconds))
        else:
            write_status(folder, Status.failed(error, seconds))
        raise


def find_checkpoint(experiment: Experiment, folder: RunFolder) -> Checkpoint | None:
    """Return the checkpoint to resume from, None where there is none.

    Raises:
        HydroError: it is of other settings or other tables, or all are damaged.
    """
    checkpoint = Checkpoints(folder.checkpoints).newest()
    if checkpoint:
        stored = checkpoint.facts
        check_settings(_fingerprint(experiment), stored["settings"])
        check_tables(experiment.tables, stored["environment"]["tables"])
        warn_of_environment(experiment.environment, stored["environment"])
        logger.info("resuming from checkpoint %s", checkpoint.path.name)
    return checkpoint


def build_checkpointer(
    experiment: Experiment, folder: RunFolder, checkpoint: Checkpoint | None, stop: StopSignal
) -> Checkpointer:
    """Build what saves the state of the training, and restores that of a checkpoint."""
    return Checkpointer(
        Checkpoints(folder.checkpoints),
        checkpoint,
        folder.history.path,
        experiment.settings.training.checkpoint_minutes,
        stop,
        {"settings": _fingerprint(experiment), "environment": experiment.environment},
    )


def build_tracker(
    builder: Builder, folder: RunFolder, folds: Sequence[str], *, is_main: bool
) -> BackgroundTracker:
    """Build the experiment tracker of a run; in further processes, one that tracks nothing.

    ``folds`` are those that are held out, chosen or not.
    """
    settings = builder.settings
    if not is_main:
        return BackgroundTracker(Tracker(), "None", {})
    # A run among several is named by a number, which says little beside those of others.
    is_named = folder.name.startswith(settings.experiment_name or "")
    name = folder.name if is_named else f"{settings.experiment_name}-{folder.name}"
    tracker = builder.build("logger", name=name, folder=folder.path.absolute())
    parameters = flatten(settings) | {"dataset.folds": tuple(folds)}
    return BackgroundTracker(tracker, settings.logging.logger, parameters)


def _fingerprint(experiment: Experiment) -> dict[str, object]:
    fingerprint = resume_fingerprint(experiment.settings)
    return fingerprint | {"processes": experiment.processes.world_size}

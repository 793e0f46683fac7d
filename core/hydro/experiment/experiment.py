"""The straight line from settings to artifacts."""

import dataclasses
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from hydro.artifacts.files import write_text
from hydro.artifacts.log import open_log
from hydro.artifacts.results import read_environment, read_scores, write_environment
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, read_status, write_status
from hydro.data.frames import Frames, load_frames
from hydro.data.memory_map import concat
from hydro.data.targets import Targets
from hydro.errors import HydroError, SettingsError
from hydro.experiment.follower import Follower
from hydro.experiment.launch import launch
from hydro.experiment.resume import (
    check_settings,
    check_tables,
    hash_tables,
    resume_fingerprint,
    warn_of_environment,
)
from hydro.experiment.run import Run
from hydro.paths import experiment_name
from hydro.plugins.attribution import attribute_errors
from hydro.plugins.builder import Builder
from hydro.plugins.problem import Problem
from hydro.plugins.registry import Registry
from hydro.report.write import write_report_at_end
from hydro.settings.schema import flatten
from hydro.settings.sections import Settings
from hydro.settings.yaml_writer import dump
from hydro.trackers.background import BackgroundTracker
from hydro.trackers.tracker import Tracker
from hydro.training.auto_batch_size import explain_out_of_memory, halve_batch_until_it_fits
from hydro.training.checkpoint import Checkpoint, Checkpoints
from hydro.training.checkpointing import Checkpointer
from hydro.training.devices import check_gpus, describe_device, pick_device
from hydro.training.distributed import SINGLE_PROCESS, ProcessGroup
from hydro.training.precision import Precision
from hydro.training.progress import NoProgress, Progress
from hydro.training.randomness import draw_seed
from hydro.training.signals import StopSignal
from hydro.tuning.leaderboard import LeaderboardEntry
from hydro.tuning.optuna_strategy import require_optuna
from hydro.tuning.plan import PlannedRun, describe_plan, plan
from hydro.tuning.tuning import tune

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What an experiment came to."""

    folder: Path
    settings: Settings
    scores: Mapping[str, Any]
    """Of every split; none where there are several runs."""
    leaderboard: tuple[LeaderboardEntry, ...] = ()
    """The combinations, the best first, where there are several runs."""


@dataclass(frozen=True)
class Experiment:
    """What there is before anything is written: settled settings, and the rows they name."""

    settings: Settings
    problem: Problem
    registry: Registry
    frames: Frames
    targets: Targets
    warnings: tuple[str, ...]
    """What the user should know before training, a sentence each."""
    precision: Precision
    processes: ProcessGroup

    @property
    def folds(self) -> tuple[str, ...]:
        """The folds that are held out in turn; none where the strategy has none."""
        return self.settings.dataset.folds if self.frames.folds else ()

    @property
    def planned_runs(self) -> list[PlannedRun]:
        """The runs of a grid: every combination of the search on every fold."""
        return plan(self.settings, self.folds)

    @property
    def has_several_runs(self) -> bool:
        """Return whether there are several runs, or one among what could be several."""
        return bool(self.settings.grid_search) or len({*self.folds}) > 1

    def __str__(self) -> str:
        """Describe how many runs there are to train."""
        return describe_plan(self.settings, self.folds)

    @property
    def higher_is_better(self) -> bool:
        """Return in which direction the chosen metric improves."""
        return Builder(self.settings, self.registry, self.problem).higher_is_better

    @property
    def batch_setting(self) -> str:
        """Name the setting that bounds a batch: by rows, or by tokens."""
        return "batch_size" if self.settings.training.batch_tokens is None else "batch_tokens"

    def with_batches(self, size: int) -> "Experiment":
        """Return the same experiment with other batches."""
        training = self.settings.training.model_copy(update={self.batch_setting: size})
        settings = self.settings.model_copy(update={"training": training})
        return dataclasses.replace(self, settings=settings)

    @cached_property
    def tables(self) -> dict[str, str]:
        """Return a hash of each table."""
        return hash_tables(self.settings)

    @property
    def environment(self) -> dict[str, Any]:
        """Return the versions, the hardware, the number format and the tables of the figures."""
        facts = describe_device(self.precision.device)
        own = {"precision": self.precision.name, "processes": self.processes.world_size}
        return facts | own | {"tables": self.tables}

    def facts(self) -> dict[str, int | str]:
        """Return counts of the rows, and of what else the problem counts."""
        return {
            "training_rows": len(self.frames.train),
            "validation_rows": len(self.frames.validation),
            "test_rows": 0 if self.frames.test is None else len(self.frames.test),
            **self.problem.describe_data(self.settings, frames=self.frames, targets=self.targets),
            "fold": self.frames.fold,
        }


def prepare(
    settings: Settings,
    problem: Problem,
    registry: Registry,
    processes: ProcessGroup = SINGLE_PROCESS,
) -> Experiment:
    """Settle what is left to chance, find the device, and read and split the tables.

    ``processes`` are those that train together because torch's launcher started them.

    Raises:
        HydroError: something the user can mend; nothing has been written.
    """
    require_optuna(settings)
    settings = _draw_random_settings(settings, problem)
    precision = _precision(settings, processes)
    frames = _read(settings, problem)
    if frames.folds and not settings.dataset.folds:
        named = settings.dataset.model_copy(update={"folds": (frames.fold,)})
        settings = settings.model_copy(update={"dataset": named})
    targets = problem.targets(settings, frames.train)
    checked = problem.check_data(settings, frames=frames, targets=targets)
    warnings = (*frames.warnings, *checked)
    return Experiment(settings, problem, registry, frames, targets, warnings, precision, processes)


def run(
    experiment: Experiment, output: Path, progress: Progress, stop: StopSignal | None = None
) -> Outcome:
    """Run an experiment into a folder of its own below ``output``.

    Raises:
        HydroError: something the user can mend; the folder's status says what.
    """
    if experiment.has_several_runs and experiment.processes.world_size > 1:
        msg = (
            f"{len(experiment.planned_runs)} runs, in processes that torch's launcher started. "
            "Start hydro run without it: each run then gets environment.number_of_gpus_per_run GPUs"
        )
        raise SettingsError(msg)
    folder = RunFolder.create(output, experiment.settings.experiment_name or "")
    return _work(experiment, folder, progress, stop)


def resume(
    experiment: Experiment, path: Path, progress: Progress, stop: StopSignal | None = None
) -> Outcome:
    """Go on with an experiment in its folder: with what is missing, from the last checkpoint.

    Other processes may be at work on the same search; they share what is left to do.

    Raises:
        ResourceError: another process is at work on a single run.
        HydroError: something else the user can mend; the folder's status says what.
    """
    folder = RunFolder(path)
    begun = read_environment(folder)
    check_tables(experiment.tables, begun.get("tables", experiment.tables))
    return _work(experiment, folder, progress, stop)


def _work(
    experiment: Experiment, folder: RunFolder, progress: Progress, stop: StopSignal | None
) -> Outcome:
    try:
        if experiment.has_several_runs:
            return _search(experiment, folder, progress)
        with folder.exclusive_lock():
            if read_status(folder).state != "finished":
                scores = train(experiment, folder, progress, stop)
            else:
                logger.info("%s has finished", folder.path)
                scores = read_scores(folder)
        return Outcome(folder.path, experiment.settings, scores)
    except (KeyboardInterrupt, SystemExit):
        logger.warning("stopped. Go on with: hydro resume %s", folder.path)
        raise


def _search(experiment: Experiment, folder: RunFolder, progress: Progress) -> Outcome:
    with _record_run(experiment, folder):
        places = tune(
            experiment.settings,
            experiment.folds,
            folder,
            progress,
            higher_is_better=experiment.higher_is_better,
        )
    return Outcome(folder.path, experiment.settings, {}, tuple(places))


def train(
    experiment: Experiment, folder: RunFolder, progress: Progress, stop: StopSignal | None = None
) -> dict[str, Any]:
    """Train the one model of an experiment into its folder; give the scores of every split.

    Where the folder has a checkpoint, training goes on from there.

    Raises:
        HydroError: something the user can mend; the folder's status says what.
    """
    settings, processes = experiment.settings, experiment.processes
    if processes.world_size == 1 and settings.environment.number_of_gpus_per_run > 1:
        launch(settings, folder, settings.environment.number_of_gpus_per_run)
        return read_scores(folder)
    stop = stop or StopSignal()
    checkpoints = Checkpoints(folder.checkpoints)
    with folder.training_lock() if processes.is_main else nullcontext():
        # Before anything is written: what is refused leaves the folder as it was.
        with open_log(folder) if processes.is_main else nullcontext():
            size, found = _starting_state(experiment, folder, checkpoints)
        told = (
            _record_failure(folder, open_log(folder))
            if not processes.is_main
            else _record_run(experiment, folder)
        )
        with told, explain_out_of_memory(), processes.explain_errors():
            # Several processes have to be started again together, which is for who started them.
            if not settings.training.automatically_adjust_batch_size or processes.world_size > 1:
                scores = _execute(experiment, folder, progress, stop, found)
            else:
                scores = _train_with_adjusted_batches(
                    experiment, folder, progress, stop, size, found
                )
        if processes.is_main:
            checkpoints.clear()
    return scores


def _starting_state(
    experiment: Experiment, folder: RunFolder, checkpoints: Checkpoints
) -> tuple[int, Checkpoint | None]:
    """Return the batch size and the checkpoint to start from; memory may have run out before."""
    name, earlier = experiment.batch_setting, read_environment(folder)
    size = getattr(experiment.settings.training, name)
    if experiment.settings.training.automatically_adjust_batch_size:
        size = min(size, earlier.get(name, size))
    return size, _checkpoint(experiment.with_batches(size), checkpoints)


def _train_with_adjusted_batches(
    experiment: Experiment,
    folder: RunFolder,
    progress: Progress,
    stop: StopSignal,
    first: int,
    found: Checkpoint | None,
) -> dict[str, Any]:
    """Train with smaller batches from the start whenever memory runs out."""
    name = experiment.batch_setting
    whole = getattr(experiment.settings.training, name)
    asked = read_environment(folder).get(f"{name}_asked", whole)

    def attempt(size: int) -> dict[str, Any]:
        smaller = experiment.with_batches(size)
        if size != first:
            Checkpoints(folder.checkpoints).clear()
        if size != whole:
            write_text(folder.config, dump(smaller.settings))
            sizes = {f"{name}_asked": asked, name: size}
            write_environment(folder, experiment.environment | sizes)
            write_status(folder, Status("running"))
        return _execute(smaller, folder, progress, stop, found if size == first else None)

    return halve_batch_until_it_fits(first, attempt)


@contextmanager
def _record_run(experiment: Experiment, folder: RunFolder) -> Iterator[None]:
    """Keep settings, versions, log and status in the folder, however the work ends."""
    started = time.monotonic()
    with open_log(folder), write_report_at_end(folder, type(experiment.settings)):
        for note in experiment.warnings:
            logger.warning(note)
        device = experiment.precision.device
        said = f"{device} ({experiment.precision.name})"
        if experiment.processes.world_size > 1:
            said = f"{experiment.processes.world_size} processes, this one on {said}"
        logger.info("%s on %s into %s", experiment.problem.title, said, folder.path)
        write_text(folder.config, dump(experiment.settings))
        earlier = read_environment(folder)
        sizes = {name: each for name, each in earlier.items() if name.startswith("batch_")}
        write_environment(folder, experiment.environment | sizes)
        write_status(folder, Status("running"))
        with _record_failure(folder, nullcontext()):
            yield
        seconds = round(time.monotonic() - started, 1)
        write_status(folder, Status("finished", seconds=seconds))


@contextmanager
def _record_failure(folder: RunFolder, log: AbstractContextManager[object]) -> Iterator[None]:
    """Record why the work failed: in the log, and in the status unless another process has."""
    started = time.monotonic()
    try:
        yield
    except BaseException as error:
        with log:
            logger.debug("failed", exc_info=error)
        first = read_status(folder)
        if first.state == "failed":
            raise first.error from error
        write_status(folder, _failure_status(error, round(time.monotonic() - started, 1)))
        raise


def _draw_random_settings(settings: Settings, problem: Problem) -> Settings:
    """Draw what is left to chance, so that the stored settings repeat the experiment."""
    seed = draw_seed(settings.environment.seed)
    drawn = {
        "experiment_name": experiment_name(settings.experiment_name),
        "problem_type": problem.name,
        # What was taken over stands in the settings now.
        "from_experiment": None,
        "environment": settings.environment.model_copy(update={"seed": seed}),
    }
    return settings.model_copy(update=drawn)


def _read(settings: Settings, problem: Problem) -> Frames:
    dataset, seed = settings.dataset, settings.environment.seed
    # All chosen folds have to be there, though only the first is read here.
    frames = load_frames(dataset, problem.columns(settings), fold=None, seed=seed)
    if settings.training.train_validation_data:
        both = concat([frames.train, frames.validation])
        frames = dataclasses.replace(frames, train=both)
    return frames


def _precision(settings: Settings, processes: ProcessGroup) -> Precision:
    environment = settings.environment
    if processes.world_size == 1:
        check_gpus(environment.gpus, environment.number_of_gpus_per_run)
    return Precision.of(
        pick_device(environment.gpus, processes.local_world_size, processes.local_rank),
        training=environment.mixed_precision_training,
        inference=environment.mixed_precision_inference,
    )


def _execute(
    experiment: Experiment,
    folder: RunFolder,
    progress: Progress,
    stop: StopSignal,
    found: Checkpoint | None,
) -> dict[str, Any]:
    settings, problem, registry = experiment.settings, experiment.problem, experiment.registry
    if experiment.precision.device.type == "cuda":
        torch.cuda.set_device(experiment.precision.device)
    if experiment.processes.is_main:
        folder.clear()
    saves = Checkpointer(
        Checkpoints(folder.checkpoints),
        found,
        folder.history.path,
        settings.training.checkpoint_minutes,
        stop,
        {"settings": _resume_fingerprint(experiment), "environment": experiment.environment},
    )
    builder = Builder(settings, registry, problem)
    given = (builder, experiment.frames, experiment.targets, experiment.precision, folder)
    if not experiment.processes.is_main:
        no_tracker = BackgroundTracker(Tracker(), "None", {})
        return Follower(*given, no_tracker, NoProgress(), experiment.processes, saves).execute()
    # A run among several is named by a number, which says little beside those of others.
    full = folder.name.startswith(settings.experiment_name or "")
    name = folder.name if full else f"{settings.experiment_name}-{folder.name}"
    with attribute_errors(builder):
        built = builder.build("logger", name=name, folder=folder.path.absolute())
    with (
        attribute_errors(builder),
        BackgroundTracker(built, settings.logging.logger, flatten(settings)) as tracker,
    ):
        return Run(*given, tracker, progress, experiment.processes, saves).execute()


def _checkpoint(experiment: Experiment, checkpoints: Checkpoints) -> Checkpoint | None:
    """Find the checkpoint to go on from, and see that it belongs to this experiment."""
    found = checkpoints.newest()
    if found:
        then = found.facts
        check_settings(_resume_fingerprint(experiment), then["settings"])
        check_tables(experiment.tables, then["environment"]["tables"])
        warn_of_environment(experiment.environment, then["environment"])
        logger.info("going on from checkpoint %s", found.path.name)
    return found


def _resume_fingerprint(experiment: Experiment) -> dict[str, Any]:
    return resume_fingerprint(experiment.settings) | {"processes": experiment.processes.world_size}


def _failure_status(error: BaseException, seconds: float) -> Status:
    """Describe why an experiment ended."""
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return Status("stopped", "interrupted", seconds=seconds)
    reason = error.reason if isinstance(error, HydroError) else "bug"
    return Status("failed", reason, f"{type(error).__name__}: {error}", seconds)

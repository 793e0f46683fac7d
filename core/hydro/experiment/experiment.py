"""An experiment before anything is written: its settings, its device and its rows."""

import dataclasses
import logging
from collections.abc import Set
from dataclasses import dataclass
from functools import cached_property

from hydro.artifacts.files import JsonObject
from hydro.data.frames import Frames, load_frames
from hydro.data.memory_map import concat
from hydro.data.quality_checks import check_test_leakage
from hydro.data.targets import Targets
from hydro.experiment.resume import hash_tables
from hydro.paths import experiment_name
from hydro.plugins.builder import Builder
from hydro.plugins.problem import Problem
from hydro.plugins.registry import Registry
from hydro.settings.schema import flatten
from hydro.settings.sections import Settings
from hydro.training.devices import check_gpus, describe_device, pick_device
from hydro.training.distributed import SINGLE_PROCESS, ProcessGroup
from hydro.training.precision import Precision
from hydro.training.randomness import draw_seed
from hydro.tuning.optuna_strategy import require_optuna
from hydro.tuning.plan import PlannedRun, describe_plan, plan

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Experiment:
    """Settings with nothing left to chance, and the rows that they name."""

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
        return (self.settings.dataset.folds or (self.frames.fold,)) if self.frames.folds else ()

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

    def with_settings(self, settings: Settings) -> "Experiment":
        """Return the same experiment with other settings."""
        changed = settings != self.settings
        return dataclasses.replace(self, settings=settings) if changed else self

    @cached_property
    def tables(self) -> dict[str, str]:
        """Return a hash of each table."""
        return hash_tables(self.settings)

    @property
    def environment(self) -> JsonObject:
        """Return the versions, the hardware, the number format and the tables of the figures."""
        facts = describe_device(self.precision.device)
        own = {"precision": self.precision.name, "processes": self.processes.world_size}
        return facts | own | {"tables": self.tables, "fold": self.frames.fold}

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
    given: Set[str] = frozenset(),
) -> Experiment:
    """Draw what the settings leave to chance, pick the device, and read and split the tables.

    ``processes`` are those that train together because torch's launcher started them; ``given``
    are the dotted names of settings that somebody chose; those without effect are reported.

    Raises:
        HydroError: something the user can fix; nothing has been written.
    """
    require_optuna(settings)
    settings = _draw_random_settings(settings, problem)
    precision = _precision(settings, processes)
    frames = _read(settings, problem)
    targets = problem.targets(settings, frames.train)
    checked = problem.check_data(settings, frames=frames, targets=targets)
    chosen = {name: value for name, value in flatten(settings).items() if name in given}
    repeated = check_test_leakage(frames, problem.columns(settings).inputs)
    warnings = (*frames.warnings, *checked, *repeated, *precision.without_effect(chosen))
    return Experiment(settings, problem, registry, frames, targets, warnings, precision, processes)


def _draw_random_settings(settings: Settings, problem: Problem) -> Settings:
    """Draw what is left to chance, so that the stored settings repeat the experiment."""
    seed = draw_seed(settings.environment.seed)
    dataset = settings.dataset.model_copy(update={"split_seed": settings.split_seed})
    drawn = {
        "experiment_name": experiment_name(settings.experiment_name),
        "problem_type": problem.name,
        # What was taken over stands in the settings now.
        "from_experiment": None,
        "dataset": dataset,
        "environment": settings.environment.model_copy(update={"seed": seed}),
    }
    return settings.model_copy(update=drawn)


def _read(settings: Settings, problem: Problem) -> Frames:
    # All chosen folds have to be there, though only the first is read here.
    columns, seed = problem.columns(settings), settings.split_seed
    frames = load_frames(settings.dataset, columns, fold=None, seed=seed)
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

"""The straight line from settings to artefacts."""

import dataclasses
import logging
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hydro.catalog import Catalog
from hydro.components import Problem
from hydro.data.frames import Frames, load_frames
from hydro.data.labels import Labels
from hydro.errors import HydroError
from hydro.folder import RunFolder
from hydro.names import experiment_name
from hydro.progress import Progress
from hydro.run import Run
from hydro.settings.document import dump
from hydro.settings.sections import Settings
from hydro.training.devices import facts_of, pick_device
from hydro.training.memory import limited_memory
from hydro.training.parts import Builder
from hydro.training.precision import Precision
from hydro.training.randomness import draw_seed

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What an experiment came to."""

    folder: Path
    settings: Settings
    scores: Mapping[str, Any]


@dataclass(frozen=True)
class Experiment:
    """What there is before anything is written: settled settings, and the rows they name."""

    settings: Settings
    problem: Problem
    catalog: Catalog
    frames: Frames
    precision: Precision

    def facts(self) -> dict[str, int | str]:
        """Count rows and classes."""
        targets = self.problem.columns(self.settings).targets
        labels = Labels.of(self.frames.train, targets)
        held_out = labels.encode(self.frames.validation)
        return {
            "training_rows": len(self.frames.train),
            "validation_rows": len(self.frames.validation),
            "test_rows": 0 if self.frames.test is None else len(self.frames.test),
            "training_classes": len(labels),
            "unseen_validation_rows": int((held_out >= len(labels)).sum()),
            "fold": self.frames.fold,
        }


def prepare(settings: Settings, problem: Problem, catalog: Catalog) -> Experiment:
    """Settle what is left to chance, find the device, and read and split the tables.

    Raises:
        HydroError: something the user can mend; nothing has been written.
    """
    settings = _settle(settings, problem)
    precision = _precision(settings)
    frames = _read(settings, problem)
    if frames.folds:
        named = settings.dataset.model_copy(update={"folds": (frames.fold,)})
        settings = settings.model_copy(update={"dataset": named})
    return Experiment(settings, problem, catalog, frames, precision)


def run(experiment: Experiment, output: Path, progress: Progress) -> Outcome:
    """Run an experiment into a folder of its own below ``output``.

    Raises:
        HydroError: something the user can mend; the folder's status says what.
    """
    folder = RunFolder.create(output, experiment.settings.experiment_name or "")
    with folder.log():
        for note in experiment.frames.notes:
            logger.warning(note)
        device = experiment.precision.device
        logger.info("%s on %s into %s", experiment.problem.title, device, folder.path)
        folder.write_config(dump(experiment.settings))
        folder.write_environment(facts_of(device))
        folder.write_status("running")
        try:
            with limited_memory():
                scores = _execute(experiment, folder, progress)
        except BaseException as error:
            _write_failure(folder, error)
            raise
        folder.write_status("finished")
    return Outcome(folder.path, experiment.settings, scores)


def _settle(settings: Settings, problem: Problem) -> Settings:
    """Draw what is left to chance, so that the stored settings repeat the experiment."""
    seed = draw_seed(settings.environment.seed)
    drawn = {
        "experiment_name": experiment_name(settings.experiment_name),
        "problem_type": problem.name,
        "environment": settings.environment.model_copy(update={"seed": seed}),
    }
    return settings.model_copy(update=drawn)


def _read(settings: Settings, problem: Problem) -> Frames:
    dataset, seed = settings.dataset, settings.environment.seed
    fold = dataset.folds[0] if dataset.folds else None
    frames = load_frames(dataset, problem.columns(settings), fold=fold, seed=seed)
    if settings.training.train_validation_data:
        both = pd.concat([frames.train, frames.validation])
        frames = dataclasses.replace(frames, train=both)
    return frames


def _precision(settings: Settings) -> Precision:
    environment = settings.environment
    return Precision.of(
        pick_device(environment.gpus),
        training=environment.mixed_precision_training,
        inference=environment.mixed_precision_inference,
    )


def _execute(experiment: Experiment, folder: RunFolder, progress: Progress) -> dict[str, Any]:
    settings, problem, catalog = experiment.settings, experiment.problem, experiment.catalog
    builder = Builder(settings, catalog, problem)
    with closing(builder.build("logger", name=folder.name, folder=folder.path)) as tracker:
        run = Run(builder, experiment.frames, experiment.precision, folder, tracker, progress)
        return run.execute()


def _write_failure(folder: RunFolder, error: BaseException) -> None:
    """Store why an experiment ended."""
    if isinstance(error, KeyboardInterrupt | SystemExit):
        folder.write_status("stopped", "interrupted")
        return
    reason = error.reason if isinstance(error, HydroError) else "bug"
    logger.debug("failed", exc_info=error)
    folder.write_status("failed", reason, f"{type(error).__name__}: {error}")

"""Estimates the time, memory and disk of a run from a few timed updates on some of its rows."""

import math
import resource
import sys
import time
from dataclasses import dataclass
from statistics import median
from typing import Self

import pandas as pd
import torch
from torch import nn

from hydro.data.frames import Frames
from hydro.data.memory_map import sample_rows
from hydro.data.targets import Targets
from hydro.experiment.disk_space import needed_space
from hydro.experiment.experiment import Experiment
from hydro.formatting import format_bytes, format_duration
from hydro.plugins.attribution import attribute_errors
from hydro.plugins.builder import Builder
from hydro.settings.sections import Settings
from hydro.training.batch_plan import BatchPlan
from hydro.training.dataset import Dataset, load_batches
from hydro.training.out_of_memory import explain_out_of_memory
from hydro.training.param_groups import model_parts, parameter_groups
from hydro.training.precision import Precision
from hydro.training.randomness import Draw, seed_torch
from hydro.training.step import TrainStep

TIMED = 3
"""Updates that are timed, after one that is not: the first is slower than the others."""

SEED = 0

ROWS = 256
"""Rows that are predicted, and the least that the timed updates are taken from."""


@dataclass(frozen=True)
class Estimate:
    """What one run takes, about; without its exports' time."""

    seconds: float
    memory: dict[str, int]
    """Bytes: those of the weights, gradients and optimizer, and the peak of all together."""
    disk: int
    """Bytes."""
    runs: int
    device: str

    def facts(self) -> dict[str, int | float | str]:
        """Return the figures for programs."""
        memory = {f"{name}_bytes": size for name, size in self.memory.items()}
        return {"seconds_a_run": round(self.seconds, 1), "disk_bytes": self.disk, **memory}

    def __str__(self) -> str:
        """Describe it in one line."""
        each = f"each of {self.runs} runs takes " if self.runs > 1 else ""
        parts = ", ".join(
            f"{name} {format_bytes(size)}" for name, size in self.memory.items() if name != "peak"
        )
        return (
            f"{each}about {format_duration(self.seconds)} on {self.device}, "
            f"{format_bytes(self.memory['peak'])} of memory ({parts}) and "
            f"{format_bytes(self.disk)} of disk; measured on a few updates of some rows"
        )


def estimate(experiment: Experiment) -> Estimate:
    """Estimate what one run takes by training a model for a moment, which is then thrown away.

    Raises:
        HydroError: what a run would raise at its start, such as a backbone that is not there.
    """
    settings, frames, device = experiment.settings, experiment.frames, experiment.precision.device
    with explain_out_of_memory():
        started = time.perf_counter()
        seed_torch(settings.environment.seed)
        builder = Builder(settings, experiment.registry, experiment.problem)
        with attribute_errors(builder):
            trial = _Trial.of(builder, experiment)
            seconds = time.perf_counter() - started
            if settings.training.epochs:
                seconds += settings.training.epochs * len(frames.train) * trial.train()
            seconds += _rows_predicted(settings, frames) * trial.predict()
    needed = needed_space(settings, trial.model, frames)
    memory = trial.memory() | {"peak": _peak(device)}
    runs = max(1, len(experiment.planned_runs))
    return Estimate(seconds, memory, sum(needed.values()), runs, str(device))


@dataclass
class _Trial:
    """The parts of a run, with all targets and some of the rows."""

    builder: Builder
    precision: Precision
    model: nn.Module
    loss: nn.Module
    train_frame: pd.DataFrame
    train_rows: Dataset
    held_out: Dataset
    targets: Targets
    optimizer: torch.optim.Optimizer | None = None

    @classmethod
    def of(cls, builder: Builder, experiment: Experiment) -> Self:
        """Build them on the device."""
        frames, training = experiment.frames, builder.settings.training
        tokenizer = builder.build("tokenizer")
        timed = (TIMED + 1) * training.batch_size * training.grad_accumulation
        given = {"tokenizer": tokenizer, "targets": experiment.targets}
        model = builder.build("model", **given)
        loss = builder.build("loss", model=model, targets=experiment.targets)
        device = experiment.precision.device
        train_frame = sample_rows(frames.train, max(ROWS, timed), SEED)
        return cls(
            builder,
            experiment.precision,
            model.to(device),
            loss.to(device),
            train_frame,
            builder.build(
                "dataset",
                frame=train_frame,
                training=True,
                **given,
            ),
            builder.build(
                "dataset", frame=sample_rows(frames.validation, ROWS, SEED), training=False, **given
            ),
            experiment.targets,
        )

    def train(self) -> float:
        """Make some updates; give the seconds that a row of them took."""
        settings = self.builder.settings
        once = settings.training.model_copy(update={"epochs": 1.0})
        sampler = self.builder.build(
            "sampler",
            dataset=self.train_rows,
            frame=self.train_frame,
            targets=self.targets,
            world_size=1,
        )
        updates = BatchPlan(sampler, once)
        groups = updates.batches_for_epoch(0)[: TIMED + 1]
        flat = [rows for group in groups for rows in group]
        drawn = [(rows, Draw(SEED, 0, number)) for number, rows in enumerate(flat)]
        batches = load_batches(self.train_rows, drawn, workers=0, device=self.precision.device)
        learning = model_parts(self.model, self.loss)
        self.optimizer = self.builder.build(
            "optimizer", groups=parameter_groups(learning, settings.training)
        )
        factor = self.builder.build(
            "schedule", steps=updates.num_updates, warmup=updates.warmup_updates
        )
        clip = settings.training.gradient_clip
        step = TrainStep(self.model, self.loss, self.optimizer, factor, self.precision, clip)
        self.model.train()
        self.loss.train()
        taken = []
        for group in groups:
            started = time.perf_counter()
            step.accumulate(batches, group)
            # Reading the norm waits for a GPU to be through.
            step.clip().item()
            step.optimizer_step()
            taken.append((time.perf_counter() - started) / sum(map(len, group)))
        return median(taken[1:] or taken)

    def predict(self) -> float:
        """Predict some rows; give the seconds that each took."""
        started = time.perf_counter()
        self.builder.problem.predict(
            self.builder.settings,
            model=self.model,
            dataset=self.held_out,
            targets=self.targets,
            metrics=self.builder.build_metrics(),
            precision=self.precision,
            on_progress=lambda rows: None,
        )
        return (time.perf_counter() - started) / len(self.held_out)

    def memory(self) -> dict[str, int]:
        """Count the bytes of the weights, of their gradients and of what the optimizer keeps."""
        weights: list[torch.Tensor] = [*self.model.parameters(), *self.loss.parameters()]
        state = dict(self.optimizer.state) if self.optimizer else {}
        kept = [each for own in state.values() for each in own.values() if torch.is_tensor(each)]
        learning = [each for each in weights if each.requires_grad] if self.optimizer else []
        found = {"weights": weights, "gradients": learning, "optimizer": kept}
        return {name: sum(each.nbytes for each in listed) for name, listed in found.items()}


def _rows_predicted(settings: Settings, frames: Frames) -> int:
    """Count the rows that a run predicts: before, after and on the way."""
    training = settings.training
    before_and_after = frames.scored(with_train=training.calculate_train_metric)
    on_the_way = max(0, math.ceil(training.epochs / training.evaluation_epochs) - 1)
    on_the_way += training.save_best_checkpoint
    return 2 * sum(map(len, before_and_after)) + on_the_way * len(frames.validation)


def _peak(device: torch.device) -> int:
    """Return the most memory that was in use so far: of the GPU, or of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

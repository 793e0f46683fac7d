"""The loss over the updates: read from the device at intervals, checked, recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import torch

from hydro.errors import TrainingError
from hydro.training.batch_plan import BatchPlan
from hydro.training.checkpoint import State
from hydro.training.step import TrainStep

MAX_LOGGED_POINTS = 1000
"""Approximate number of points of the loss that a run records, however long it is."""

COUNTERS = ("done", "batches", "before", "samples")


class Record(Protocol):
    """Records figures of a training."""

    def __call__(self, event: str, values: Mapping[str, float | None]) -> None:
        """Record an event with its figures."""


@dataclass
class LossLog:
    """Counts updates and samples, and records the loss."""

    step: TrainStep
    plan: BatchPlan
    record: Record
    done: int = 0
    """Updates."""
    batches: int = 0
    before: int = 0
    """Batches before the last update."""
    samples: int = 0
    pending: list[torch.Tensor] = field(default_factory=list)
    """Losses that have not been read from the device yet."""
    shown: dict[str, float] = field(default_factory=dict)
    """The latest figures, for a progress bar."""

    @property
    def every(self) -> int:
        """Updates between two records."""
        return max(1, self.plan.num_updates // MAX_LOGGED_POINTS)

    def update(self, loss: torch.Tensor, norm: torch.Tensor, rows: int, batches: int) -> None:
        """Log the loss and the gradient norm of an update before it is applied.

        Raises:
            TrainingError: one of them is not finite.
        """
        self.done += 1
        self.before = self.batches
        self.batches += batches
        self.samples += rows
        self.pending.append(loss)
        # Reading a value makes a GPU wait, so it is read at intervals; a CPU has no need to.
        if self.done in (1, self.plan.num_updates) or self.done % self.every == 0:
            mean = torch.stack(self.pending).mean()
            self.pending.clear()
            self._check_finite(mean, norm)
            self._record(mean.item(), norm)
        elif self.step.precision.device.type == "cpu":
            self._check_finite(loss, norm)

    def state_dict(self) -> dict[str, object]:
        """Return the counters and the losses that have not been read yet."""
        pending = {f"pending.{number}": loss for number, loss in enumerate(self.pending)}
        return {name: getattr(self, name) for name in COUNTERS} | pending

    def load_state_dict(self, state: State) -> None:
        """Load what ``state_dict`` returned."""
        for name in COUNTERS:
            setattr(self, name, state[name])
        losses = [state[f"pending.{number}"] for number in range(len(state) - len(COUNTERS))]
        device = self.step.precision.device
        self.pending = [each.to(device) for each in losses if isinstance(each, torch.Tensor)]

    def _record(self, loss: float, norm: torch.Tensor) -> None:
        self.shown.update(loss=loss, rate=self.step.lr)
        epoch = self.batches / self.plan.batches_per_epoch
        values = {
            "update": self.done,
            "epoch": round(epoch, 6),
            "samples": self.samples,
            "loss": loss,
            "learning_rate": self.step.lr,
            "gradient_norm": norm.item() if torch.isfinite(norm) else None,
        }
        self.record("training", values)

    def _check_finite(self, loss: torch.Tensor, norm: torch.Tensor) -> None:
        scaled = self.step.scaler.is_enabled()
        for name, value in (("loss", loss), ("gradient", norm)):
            # Loss scaling meets infinite gradients by design, and skips those updates.
            if not torch.isfinite(value) and not (scaled and name == "gradient"):
                msg = (
                    f"the {name} of update {self.done} is {value.item()}. Try a lower "
                    "training.learning_rate, training.gradient_clip: 1.0, or "
                    "environment.mixed_precision_training: false"
                )
                raise TrainingError(msg)

"""The training loop."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import nn

from hydro.errors import TrainingError
from hydro.training.batch_plan import BatchPlan, Rows
from hydro.training.checkpointing import Checkpointer, NoCheckpointer
from hydro.training.dataset import Batch, Dataset, load_batches
from hydro.training.distributed import SINGLE_PROCESS, ModelWithLoss, ProcessGroup
from hydro.training.precision import Precision
from hydro.training.progress import Progress
from hydro.training.sparse_optimizer import with_dense_gradients

MAX_LOGGED_POINTS = 1000
"""About how many points of the loss a run keeps, however long it is."""


class Record(Protocol):
    """Takes what is to be kept of the loop."""

    def __call__(self, event: str, values: Mapping[str, Any]) -> None:
        """Keep one event with its figures."""


@dataclass
class TrainStep:
    """One update of the weights, from one or more batches."""

    model: nn.Module
    loss: nn.Module
    optimizer: torch.optim.Optimizer
    lr_lambda: Callable[[int], float]
    precision: Precision
    max_grad_norm: float
    processes: ProcessGroup = SINGLE_PROCESS
    done: int = field(default=0, init=False)
    model_with_loss: nn.Module = field(init=False)
    scaler: torch.amp.GradScaler = field(init=False)
    base_lrs: list[float] = field(init=False)
    parameters: list[nn.Parameter] = field(init=False)

    def __post_init__(self) -> None:
        self.model_with_loss = self.processes.wrap_ddp(ModelWithLoss(self.model, self.loss))
        self.scaler = self.precision.scaler()
        groups = self.optimizer.param_groups
        self.base_lrs = [group["lr"] for group in groups]
        self.parameters = [each for group in groups for each in group["params"]]
        self._set_lrs()

    def accumulate(self, batches: Iterator[Batch], group: Sequence[Rows]) -> torch.Tensor:
        """Add up the gradients of an update's batches; give the mean of their losses, shape ()."""
        values, total = [], sum(map(len, group))
        for number, rows in enumerate(group, 1):
            # A batch counts by its rows, so that an update is that of one batch of them all.
            share = len(rows) / total
            batch, weight = next(batches), self.processes.loss_weight(rows)
            with self.processes.maybe_no_sync(self.model_with_loss, last=number == len(group)):
                with self.precision.training():
                    value = self.model_with_loss(batch.inputs, batch.targets, weight)
                scaled: Any = self.scaler.scale(value * share)
                scaled.backward()
            values.append(value.detach() * share)
        return self.processes.all_reduce_mean(torch.stack(values).sum())

    def clip(self) -> torch.Tensor:
        """Clip the gradients; give their Euclidean norm before that, shape ()."""
        self.scaler.unscale_(self.optimizer)
        parameters = with_dense_gradients(self.parameters)
        norm = nn.utils.get_total_norm([each.grad for each in parameters if each.grad is not None])
        if self.max_grad_norm:
            nn.utils.clip_grads_with_norm_(parameters, self.max_grad_norm, norm)
        return norm

    def optimizer_step(self) -> None:
        """Change the weights and go on to the next learning rate."""
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad()
        self.set_step(self.done + 1)

    def set_step(self, done: int) -> None:
        """Take the learning rates of after so many updates."""
        self.done = done
        self._set_lrs()

    @property
    def lr(self) -> float:
        """The learning rate of the first group, now."""
        return float(self.optimizer.param_groups[0]["lr"])

    def _set_lrs(self) -> None:
        # torch's own schedules warn when loss scaling skips the first update.
        for group, rate in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = rate * self.lr_lambda(self.done)


def fit(
    step: TrainStep,
    dataset: Dataset,
    updates: BatchPlan,
    *,
    workers: int,
    validate: Callable[[int], float],
    record: Record,
    progress: Progress,
    savepoints: Checkpointer | NoCheckpointer | None = None,
) -> int:
    """Train, recording the loss and asking for a validation whenever one is due.

    Args:
        step: How an update is made.
        dataset: The training rows.
        updates: Which rows make up which update.
        workers: Processes that prepare batches.
        validate: Called with the samples seen when a validation is due, except after the last
            update; gives the metric.
        record: Keeps the figures.
        progress: Shows them.
        savepoints: Where training goes on, and what saves it between two updates.

    Returns:
        The samples seen, also before it went on.

    Raises:
        TrainingError: the loss or a gradient is not finite.
    """
    log = LossLog(step, updates, record)
    saves = savepoints or NoCheckpointer()
    saves.attach(step, log)

    def validate_if_due() -> None:
        if updates.should_validate(log.batches, log.before):
            with saves.evaluating():
                log.shown["metric"] = validate(log.samples)
            step.model.train()

    validate_if_due()
    device = step.precision.device
    for epoch, groups in updates.remaining(log.done):
        flat = [step.processes.shard(rows) for group in groups for rows in group]
        batches = load_batches(dataset, flat, workers=workers, device=device)
        step.model.train()
        step.loss.train()
        log.shown.clear()
        title = f"epoch {epoch + 1}/{updates.epochs}"
        with progress.task(title, sum(sum(map(len, group)) for group in groups), "rows") as task:
            for group in groups:
                rows = sum(map(len, group))
                log.update(step.accumulate(batches, group), step.clip(), rows, len(group))
                step.optimizer_step()
                task.advance(rows, **log.shown)
                saves.on_step_end()
                validate_if_due()
                task.advance(0, **log.shown)
    return log.samples


@dataclass
class LossLog:
    """Reads the loss back from the device now and then, and checks that it is a number."""

    step: TrainStep
    updates: BatchPlan
    record: Record
    done: int = 0
    batches: int = 0
    before: int = 0
    """Batches before the last update."""
    samples: int = 0
    pending: list[torch.Tensor] = field(default_factory=list)
    shown: dict[str, float] = field(default_factory=dict)

    @property
    def every(self) -> int:
        """Updates between two readings."""
        return max(1, self.updates.num_updates // MAX_LOGGED_POINTS)

    def update(self, loss: torch.Tensor, norm: torch.Tensor, rows: int, batches: int) -> None:
        """Take the loss and the gradient norm of the update that is about to be applied."""
        self.done += 1
        self.before = self.batches
        self.batches += batches
        self.samples += rows
        self.pending.append(loss)
        # Reading a value makes a GPU wait, so it is read at intervals; a CPU has no need to.
        if self.done in (1, self.updates.num_updates) or self.done % self.every == 0:
            mean = torch.stack(self.pending).mean()
            self.pending.clear()
            self._check(mean, norm)
            self._keep(mean.item(), norm)
        elif self.step.precision.device.type == "cpu":
            self._check(loss, norm)

    def facts(self) -> dict[str, int]:
        """Return the counts, for a checkpoint."""
        return {name: getattr(self, name) for name in ("done", "batches", "before", "samples")}

    def restore(self, facts: Mapping[str, int], pending: Sequence[torch.Tensor]) -> None:
        """Go on from the counts of a checkpoint, and the losses that were not read yet."""
        self.done, self.batches = facts["done"], facts["batches"]
        self.before, self.samples = facts["before"], facts["samples"]
        self.pending = list(pending)

    def _keep(self, loss: float, norm: torch.Tensor) -> None:
        self.shown.update(loss=loss, rate=self.step.lr)
        epoch = self.batches / self.updates.batches_per_epoch
        values = {
            "update": self.done,
            "epoch": round(epoch, 6),
            "samples": self.samples,
            "loss": loss,
            "learning_rate": self.step.lr,
            "gradient_norm": norm.item() if torch.isfinite(norm) else None,
        }
        self.record("training", values)

    def _check(self, loss: torch.Tensor, norm: torch.Tensor) -> None:
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

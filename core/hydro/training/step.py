"""One update of the weights."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import nn

from hydro.training.checkpoint import State
from hydro.training.dataset import Batch
from hydro.training.distributed import SINGLE_PROCESS, ModelWithLoss, ProcessGroup
from hydro.training.precision import Precision
from hydro.training.samplers import Rows
from hydro.training.sparse_optimizer import with_dense_gradients


@dataclass
class TrainStep:
    """Computes one update of the weights from one or more batches."""

    model: nn.Module
    loss: nn.Module
    optimizer: torch.optim.Optimizer
    lr_lambda: Callable[[int], float]
    precision: Precision
    max_grad_norm: float
    processes: ProcessGroup = SINGLE_PROCESS
    done: int = field(default=0, init=False)
    """Updates so far."""
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
        """Accumulate the gradients of an update; return the mean loss of its batches, shape ()."""
        losses, total = [], sum(map(len, group))
        for number, rows in enumerate(group, 1):
            # A batch is weighted by its rows, so that an update is that of one batch of them all.
            fraction = len(rows) / total
            batch = next(batches)
            with self.processes.maybe_no_sync(self.model_with_loss, last=number == len(group)):
                with self.precision.training():
                    loss = self.model_with_loss(
                        batch.inputs, batch.targets, len(rows), self.processes
                    )
                self.scaler.scale(loss * fraction).backward()
            losses.append(loss.detach() * fraction)
        return self.processes.all_reduce_mean(torch.stack(losses).sum())

    def clip(self) -> torch.Tensor:
        """Clip the gradients; return their Euclidean norm before that, shape ()."""
        self.scaler.unscale_(self.optimizer)
        parameters = with_dense_gradients(self.parameters)
        norm = nn.utils.get_total_norm([each.grad for each in parameters if each.grad is not None])
        if self.max_grad_norm:
            nn.utils.clip_grads_with_norm_(parameters, self.max_grad_norm, norm)
        return norm

    def optimizer_step(self) -> None:
        """Update the weights, then set the next learning rate."""
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad()
        self.set_step(self.done + 1)

    def set_step(self, done: int) -> None:
        """Set the learning rates to those after a number of updates."""
        self.done = done
        self._set_lrs()

    @property
    def lr(self) -> float:
        """The present learning rate of the first parameter group."""
        return float(self.optimizer.param_groups[0]["lr"])

    def state_dict(self) -> dict[str, State]:
        """Return weights, optimizer state and loss scale; the rest follows from the settings."""
        state = self.optimizer.state_dict()["state"]
        return {
            "model": self.model.state_dict(),
            "loss": self.loss.state_dict(),
            "optimizer": {
                f"{number}.{name}": value
                for number, own in state.items()
                for name, value in own.items()
            },
            "scaler": self.scaler.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, State]) -> None:
        """Load what ``state_dict`` returned, or only the weights where it has no more."""
        self.model.load_state_dict(state["model"])
        self.loss.load_state_dict(state["loss"])
        if "optimizer" not in state:
            return
        by_parameter: dict[int, dict[str, object]] = {}
        for path, value in state["optimizer"].items():
            number, _, name = path.partition(".")
            by_parameter.setdefault(int(number), {})[name] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": by_parameter, "param_groups": groups})
        if state["scaler"]:
            self.scaler.load_state_dict(dict(state["scaler"]))

    def _set_lrs(self) -> None:
        # torch's own schedules warn when loss scaling skips the first update.
        for group, lr in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = lr * self.lr_lambda(self.done)

"""Data-parallel training in several processes; with one process every method does nothing."""

import itertools
import os
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed, nn
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from hydro.errors import ModelError, ResourceError, SettingsError

TIMEOUT = timedelta(minutes=10)
"""How long a collective operation within an update waits for the other processes."""

POLL_SECONDS = 0.05
"""Between two reads of the counter of a barrier."""

DISCONNECT_MESSAGES = ("closed by peer", "reset by peer", "Broken pipe", "NCCL")
"""Parts of the RuntimeErrors that torch's collectives raise when another process has ended."""

UNUSED_PARAMETER_MESSAGE = "Expected to have finished reduction in the prior iteration"
"""Part of DDP's RuntimeError for a weight without a gradient."""


class ModelWithLoss(nn.Module):
    """Model and loss as one module, so that DDP averages the gradients of both."""

    def __init__(self, model: nn.Module, loss: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.loss = loss
        self.compares_rows = getattr(loss, "compares_rows", False)

    def forward(
        self, inputs: object, targets: Tensor, rows: int, processes: "ProcessGroup"
    ) -> Tensor:
        """Compute this process's part of the loss of a batch of so many rows, shape ().

        The mean of the parts of all processes is the loss of the batch, and so are the gradients.
        """
        outputs: Tensor = self.model(inputs)
        if self.compares_rows:
            whole: Tensor = self.loss(*processes.gather_rows(outputs, targets, rows))
            return whole
        value: Tensor = self.loss(outputs, targets)
        return value * processes.loss_weight(rows)


@dataclass(frozen=True)
class ProcessGroup:
    """The process group of a run in one process."""

    rank: int = 0
    world_size: int = 1
    local_rank: int = 0
    """The rank among the processes on this machine."""
    local_world_size: int = 1

    @property
    def is_main(self) -> bool:
        """Return whether this is the process that evaluates, writes and shows progress."""
        return self.rank == 0

    def shard(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return this process's rows of a batch."""
        return rows

    def loss_weight(self, rows: int) -> float:
        """Return the factor on this process's loss that makes DDP's mean that of all rows.

        ``rows`` are those of the batch.
        """
        return 1.0

    def gather_rows(self, outputs: Tensor, targets: Tensor, rows: int) -> tuple[Tensor, Tensor]:
        """Return the outputs and the targets of all rows of a batch, in its order.

        Through the outputs each process has gradients for its own rows, such that DDP's mean over
        the processes is the gradient of a loss that each computes of all of them.
        """
        return outputs, targets

    def wrap_ddp(self, model: ModelWithLoss) -> nn.Module:
        """Wrap a model for DDP; its weights become those of the main process."""
        return model

    def maybe_no_sync(self, model: nn.Module, *, last: bool) -> AbstractContextManager[object]:
        """Return the context of a batch; gradients are averaged with the last one of an update."""
        return nullcontext()

    def all_reduce_mean(self, value: Tensor) -> Tensor:
        """Compute the mean of a value over the processes."""
        return value

    def convert_sync_batchnorm(self, model: nn.Module, device: torch.device) -> bool:
        """Convert batch norms within a model to synchronized ones; return whether there are any.

        Raises:
            SettingsError: there are some, and the device has no synchronized ones.
        """
        return any(isinstance(each, nn.modules.batchnorm._BatchNorm) for each in model.modules())

    def seed(self, seed: int) -> None:
        """Seed torch so that each process draws its own dropout."""

    def barrier(self) -> None:
        """Wait for every process, however long that takes."""

    def all_reduce_max(self, number: int) -> int:
        """Compute the largest of the processes' numbers."""
        return number

    def gather_objects(self, text: str) -> list[str]:
        """Return the texts of all processes by rank in the main process, none in the others."""
        return [text]

    def broadcast(self, text: str) -> str:
        """Return the main process's text."""
        return text

    def explain_errors(self) -> AbstractContextManager[object]:
        """Return a context that turns errors of torch's collectives into hydro's.

        Raises:
            ResourceError: another process has ended.
            ModelError: the loss does not depend on some weights.
        """
        return nullcontext()


SINGLE_PROCESS = ProcessGroup()


@dataclass(frozen=True)
class DistributedGroup(ProcessGroup):
    """The process group of a run in several processes."""

    store: Store = field(kw_only=True)
    _barriers: Iterator[int] = field(default_factory=itertools.count)

    def shard(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return every world_size-th row; where there are too few, one with a loss weight of 0."""
        own = rows[self.rank :: self.world_size]
        return own if len(own) else rows[:1]

    def loss_weight(self, rows: int) -> float:
        """Weight by rows: a batch may not divide evenly."""
        return self.world_size * self._own_rows(rows) / rows

    def gather_rows(self, outputs: Tensor, targets: Tensor, rows: int) -> tuple[Tensor, Tensor]:
        """Gather all rows; those of this process keep their gradients."""
        own = self._own_rows(rows)
        found = self._all_gather(outputs[:own].detach(), rows)
        if own:
            found[self.rank :: self.world_size] = outputs[:own]
        else:
            # DDP wants all weights to have a gradient, if it is 0.
            found = found + 0 * outputs.sum()
        if outputs.requires_grad:
            outputs.register_hook(lambda gradient: gradient * self.world_size)
        return found, self._all_gather(targets[:own], rows)

    def _own_rows(self, rows: int) -> int:
        """Count this process's rows of a batch."""
        return len(range(self.rank, rows, self.world_size))

    def _all_gather(self, own: Tensor, rows: int) -> Tensor:
        """Gather the rows of a batch, of which each process has every world_size-th."""
        size = -(-rows // self.world_size)
        padded = own.new_zeros(size, *own.shape[1:])
        padded[: len(own)] = own
        shards = [torch.empty_like(padded) for _ in range(self.world_size)]
        distributed.all_gather(shards, padded)
        return torch.stack(shards, dim=1).flatten(0, 1)[:rows]

    def wrap_ddp(self, model: ModelWithLoss) -> nn.Module:
        """Wrap a model in torch's DistributedDataParallel."""
        self.barrier()
        with warnings.catch_warnings():
            # torch 2.13 has another name for it, which earlier ones do not know.
            warnings.simplefilter("ignore", FutureWarning)
            # The main process evaluates, so no other needs its running statistics of batch norm.
            return DistributedDataParallel(model, broadcast_buffers=False)

    def maybe_no_sync(self, model: nn.Module, *, last: bool) -> AbstractContextManager[object]:
        """Return DDP's ``no_sync`` for all batches of an update but the last."""
        assert isinstance(model, DistributedDataParallel)
        return nullcontext() if last else model.no_sync()

    def all_reduce_mean(self, value: Tensor) -> Tensor:
        """Compute the mean of a value over the processes."""
        distributed.all_reduce(value)
        return value / self.world_size

    def convert_sync_batchnorm(self, model: nn.Module, device: torch.device) -> bool:
        """Convert to torch's SyncBatchNorm, in place; it needs a GPU."""
        if not super().convert_sync_batchnorm(model, device):
            return False
        if device.type == "cpu":
            msg = (
                "environment.sync_batch_normalization: batch normalization is synchronized on GPUs "
                "only, and this run's processes train on CPUs. Set it to false"
            )
            raise SettingsError(msg)
        nn.SyncBatchNorm.convert_sync_batchnorm(model)
        return True

    def seed(self, seed: int) -> None:
        """Seed all but the main process, which draws what a single process would."""
        if not self.is_main:
            torch.manual_seed(seed + self.rank)

    def barrier(self) -> None:
        """Count the processes that have arrived; a collective would time out in a validation."""
        key = f"barrier {next(self._barriers)}"
        self.store.add(key, 1)
        while self.store.add(key, 0) < self.world_size:
            time.sleep(POLL_SECONDS)

    def all_reduce_max(self, number: int) -> int:
        """Reduce on the CPU, so that no GPU is waited for."""
        largest = torch.tensor(number)
        distributed.all_reduce(largest, distributed.ReduceOp.MAX)
        return int(largest)

    def gather_objects(self, text: str) -> list[str]:
        """Gather through torch's store."""
        self.store.set(f"text {self.rank}", text)
        self.barrier()
        ranks = range(self.world_size if self.is_main else 0)
        texts = [self.store.get(f"text {rank}").decode("utf-8") for rank in ranks]
        self.barrier()
        return texts

    def broadcast(self, text: str) -> str:
        """Broadcast through torch's store."""
        if self.is_main:
            self.store.set("text", text)
        self.barrier()
        return self.store.get("text").decode("utf-8")

    @contextmanager
    def explain_errors(self) -> Iterator[None]:
        """Turn errors of torch's data-parallel training into hydro's."""
        try:
            yield
        except RuntimeError as error:
            if UNUSED_PARAMETER_MESSAGE in str(error):
                msg = (
                    "the loss does not depend on some of the weights that learn, which training "
                    "on several GPUs needs. Their plugin has to set requires_grad to False, or "
                    "leave them out"
                )
                raise ModelError(msg) from error
            if not any(sign in str(error) for sign in DISCONNECT_MESSAGES):
                raise
            msg = (
                "another process of this run has ended, often for lack of memory. Lower "
                "training.batch_size; log.txt and the terminal may say more"
            )
            raise ResourceError(msg) from error


@contextmanager
def init_process_group() -> Iterator[ProcessGroup]:
    """Join the process group that torch's launcher has set up for this process, if it has."""
    if not distributed.is_torchelastic_launched() or os.environ["WORLD_SIZE"] == "1":
        yield SINGLE_PROCESS
        return
    store, rank, world_size = next(rendezvous("env://"))
    if rank:
        # Until training starts it may wait where Python's signal handlers do not run.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    distributed.init_process_group(
        store=PrefixStore("torch", store),
        rank=rank,
        world_size=world_size,
        timeout=TIMEOUT,
    )
    yield DistributedGroup(
        rank,
        world_size,
        local_rank=int(os.environ["LOCAL_RANK"]),
        local_world_size=int(os.environ["LOCAL_WORLD_SIZE"]),
        store=PrefixStore("hydro", store),
    )
    # Not after an error: it would wait for processes that have ended.
    distributed.destroy_process_group()

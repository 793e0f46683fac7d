"""The processes that train one model together; an object that does nothing where there is one."""

import itertools
import os
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed, nn
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from hydro.errors import ModelError, ResourceError
from hydro.training.batch_norm import BatchNorm, synchronize

TIMEOUT = timedelta(minutes=10)
"""How long one process waits within an update for another, which is as far as it."""

POLL = 0.05
"""Seconds between two looks at whether all have come to a meeting."""

DISCONNECT_MESSAGES = ("closed by peer", "reset by peer", "Broken pipe", "NCCL")
"""What the RuntimeErrors of torch's collectives say when another process is gone."""


UNUSED_PARAMETER_MESSAGE = "Expected to have finished reduction in the prior iteration"
"""What it says when a weight got no gradient."""


class ModelWithLoss(nn.Module):
    """Model and loss as one module, so that the weights of both are kept equal."""

    def __init__(self, model: nn.Module, loss: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.loss = loss
        self.norms = [each for each in model.modules() if isinstance(each, BatchNorm)]

    def forward(self, inputs: Any, targets: Tensor, weight: float) -> Tensor:
        """Return the loss of a batch, shape (), times its weight; 0 leaves it out of everything."""
        for norm in self.norms:
            norm.counts = weight > 0
        value: Tensor = self.loss(self.model(inputs), targets)
        return value * weight


@dataclass(frozen=True)
class ProcessGroup:
    """The one process of a run that has one."""

    rank: int = 0
    """Which of all it is; the first, 0, evaluates, writes and shows progress."""
    count: int = 1
    local_rank: int = 0
    """Which of those on this machine it is."""
    local_count: int = 1

    def share(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return this process's rows of a batch."""
        return rows

    def weight(self, rows: NDArray[np.int64]) -> float:
        """Return what this process's mean counts in the mean over the batch, times their number."""
        return 1.0

    def join(self, learner: ModelWithLoss) -> nn.Module:
        """Wrap the model and its loss for DDP; its weights become those of the first process."""
        return learner

    def adding(self, learner: nn.Module, *, last: bool) -> AbstractContextManager[object]:
        """Make the context of a batch; gradients are averaged with the update's last one."""
        return nullcontext()

    def mean(self, value: Tensor) -> Tensor:
        """Average a value over the processes."""
        return value

    def synchronize(self, model: nn.Module) -> bool:
        """Have batch norms share their statistics; tell whether there are any."""
        return any(isinstance(each, nn.modules.batchnorm._BatchNorm) for each in model.modules())

    def seed(self, seed: int) -> None:
        """Draw this process's dropout from numbers of its own."""

    def meet(self) -> None:
        """Wait until every process is here, however long that takes."""

    def most(self, number: int) -> int:
        """Return every process the largest of their numbers."""
        return number

    def gather(self, text: str) -> list[str]:
        """Return the first process the texts of all, in their order, and the others none."""
        return [text]

    def agree(self, text: str) -> str:
        """Return every process the text of the first."""
        return text

    def connected(self) -> AbstractContextManager[object]:
        """Make a context that says so when another process is lost.

        Raises:
            ResourceError: instead of what torch raised.
            ModelError: the model has weights that nothing is computed with.
        """
        return nullcontext()


SINGLE_PROCESS = ProcessGroup()


@dataclass(frozen=True)
class DistributedGroup(ProcessGroup):
    """One of several processes."""

    store: Any = None
    """A ``torch.distributed.Store``."""
    meetings: Iterator[int] = field(default_factory=itertools.count)

    def share(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return every so-manieth row; where there are too few, one that is given no weight."""
        own = rows[self.rank :: self.count]
        return own if len(own) else rows[:1]

    def weight(self, rows: NDArray[np.int64]) -> float:
        """Weigh by rows: a batch may not divide evenly."""
        return self.count * len(rows[self.rank :: self.count]) / len(rows)

    def join(self, learner: ModelWithLoss) -> nn.Module:
        """Wrap the learner for torch's data parallel training."""
        self.meet()
        with warnings.catch_warnings():
            # torch 2.13 has another name for it, which earlier ones do not know.
            warnings.simplefilter("ignore", FutureWarning)
            # The first process evaluates, so nobody else needs its statistics of batch norm.
            return DistributedDataParallel(learner, broadcast_buffers=False)

    def adding(self, learner: nn.Module, *, last: bool) -> AbstractContextManager[object]:
        """Hold back the exchange of gradients until the last batch."""
        assert isinstance(learner, DistributedDataParallel)
        return nullcontext() if last else learner.no_sync()

    def mean(self, value: Tensor) -> Tensor:
        """Average a value over the processes."""
        distributed.all_reduce(value)
        return value / self.count

    def synchronize(self, model: nn.Module) -> bool:
        """Exchange batch norms, in place."""
        return synchronize(model) > 0

    def seed(self, seed: int) -> None:
        """Leave the first process what it would draw alone."""
        if self.rank:
            torch.manual_seed(seed + self.rank)

    def meet(self) -> None:
        """Count those who came; a collective would give up on a long validation."""
        key = f"meeting {next(self.meetings)}"
        self.store.add(key, 1)
        while self.store.add(key, 0) < self.count:
            time.sleep(POLL)

    def most(self, number: int) -> int:
        """Exchange the numbers between the processors; a GPU is not waited for."""
        largest = torch.tensor(number)
        distributed.all_reduce(largest, distributed.ReduceOp.MAX)
        return int(largest)

    def gather(self, text: str) -> list[str]:
        """Pass the texts on through torch's store."""
        self.store.set(f"text {self.rank}", text)
        self.meet()
        every = range(self.count if self.rank == 0 else 0)
        texts = [self.store.get(f"text {rank}").decode("utf-8") for rank in every]
        self.meet()
        return texts

    def agree(self, text: str) -> str:
        """Pass the text on through torch's store."""
        if self.rank == 0:
            self.store.set("text", text)
        self.meet()
        agreed: bytes = self.store.get("text")
        return agreed.decode("utf-8")

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Explain the errors of torch's data parallel training."""
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
                "another process of this run has ended, often for want of memory. Lower "
                "training.batch_size; log.txt and the terminal may say more"
            )
            raise ResourceError(msg) from error


@contextmanager
def init_process_group() -> Iterator[ProcessGroup]:
    """Join the processes that torch's launcher has started beside this one, if it has."""
    if not distributed.is_torchelastic_launched() or os.environ["WORLD_SIZE"] == "1":
        yield SINGLE_PROCESS
        return
    store, rank, count = next(rendezvous("env://"))
    if rank:
        # Until it trains: it may wait where Python's handlers do not run.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    distributed.init_process_group(
        store=PrefixStore("torch", store), rank=rank, world_size=count, timeout=TIMEOUT
    )
    local_rank, local_count = (int(os.environ[f"LOCAL_{name}"]) for name in ("RANK", "WORLD_SIZE"))
    yield DistributedGroup(rank, count, local_rank, local_count, PrefixStore("hydro", store))
    # Not after an error: it would wait for processes that are gone.
    distributed.destroy_process_group()

"""Datasets, and how their batches are loaded."""

import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch.utils.data import DataLoader

from hydro.errors import ResourceError
from hydro.training.randomness import Draw
from hydro.training.samplers import Rows
from hydro.training.signals import SIGNALS

GRACE_SECONDS = 5
"""Seconds for which a worker process survives a signal."""


@dataclass(frozen=True)
class Batch:
    """The inputs of a model for some rows, and their targets."""

    inputs: Any
    """Anything that has ``to(device)`` and ``pin_memory()``, as tensors have."""
    targets: torch.Tensor
    """``(rows,)`` or ``(rows, …)``."""

    def to(self, device: torch.device) -> "Batch":
        """Copy to a device."""
        return Batch(self.inputs.to(device), self.targets.to(device, non_blocking=True))

    def pin_memory(self) -> "Batch":
        """Copy to pinned memory."""
        return Batch(self.inputs.pin_memory(), self.targets.pin_memory())


class Dataset(Protocol):
    """Rows, in batches of any order and grouping.

    A dataset of texts may have ``lengths``, ``(rows,)``: the tokens of each row, by which batches
    can be cut.
    """

    def __len__(self) -> int:
        """Count the rows."""

    def batch(self, rows: Rows, *, draw: Draw | None = None) -> Batch:
        """Return the batch of these rows, positions counted from 0.

        ``draw`` is given in training: whatever is random about the batch is drawn from its
        generator, so that it depends neither on the worker process nor on a resume.
        """


def load_batches(
    dataset: Dataset, batches: Sequence[tuple[Rows, Draw]], *, workers: int, device: torch.device
) -> Iterator[Batch]:
    """Load batches in order onto the device, each of some rows with a draw.

    ``workers`` processes, or as many as there are cores for, prepare them ahead.

    Raises:
        ResourceError: one of these processes was killed.
    """
    loader: DataLoader[Batch] = DataLoader(
        _Batches(dataset, batches),  # type: ignore[arg-type]
        batch_size=None,
        num_workers=min(workers, _cores()),
        pin_memory=device.type == "cuda",
        worker_init_fn=_ignore_signals,
        # Otherwise it would draw from the generator of dropout, once for every loader.
        generator=torch.Generator(),
    )
    try:
        for batch in loader:
            yield batch.to(device)
    except RuntimeError as error:
        # An exception within a worker begins otherwise, and names what it was.
        if not str(error).startswith("DataLoader worker"):
            raise
        msg = (
            "a process that prepares batches was killed, often for lack of memory. Lower "
            "environment.number_of_workers; 0 needs no such process"
        )
        raise ResourceError(msg) from error


def _ignore_signals(worker: int) -> None:
    """Survive signals, which go to every process at once, until the main process has ended."""
    for number in SIGNALS:
        signal.signal(number, lambda *_: signal.alarm(GRACE_SECONDS))
    signal.signal(signal.SIGALRM, lambda *_: os._exit(0))


def _cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class _Batches:
    """The batches of an epoch, as the map-style dataset that a loader's workers index."""

    dataset: Dataset
    batches: Sequence[tuple[Rows, Draw]]

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, number: int) -> Batch:
        rows, draw = self.batches[number]
        return self.dataset.batch(rows, draw=draw)

"""Batches come in order, whoever prepares them."""

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import parent_process

import numpy as np
import pytest
import torch
from hydro_linear_regression.letters import LetterCounts
from numpy.typing import NDArray

from hydro.errors import ResourceError
from hydro.training.dataset import Batch, load_batches
from hydro.training.randomness import Draw

CPU = torch.device("cpu")


def drawn(batches: Sequence[NDArray[np.int64]]) -> list[tuple[NDArray[np.int64], Draw]]:
    """Pair each batch with its draw."""
    return [(rows, Draw(7, 2, number)) for number, rows in enumerate(batches)]


@dataclass(frozen=True)
class Noise:
    """Rows of noise, new in each batch."""

    def __len__(self) -> int:
        return 8

    def batch(self, rows: NDArray[np.int64], *, draw: Draw | None = None) -> Batch:
        assert draw is not None
        noise = torch.from_numpy(draw.generator().random(len(rows)))
        return Batch(noise, torch.from_numpy(rows))


def test_random_batches_are_the_same_for_any_number_of_workers() -> None:
    wanted = drawn([np.array([row]) for row in range(8)])
    inputs = [
        torch.cat([each.inputs for each in load_batches(Noise(), wanted, workers=n, device=CPU)])
        for n in (0, 1, 2)
    ]
    assert torch.equal(inputs[0], inputs[1])
    assert torch.equal(inputs[0], inputs[2])
    assert len(set(inputs[0].tolist())) == 8


@dataclass(frozen=True)
class Witness:
    """Rows that say which process made their batch."""

    def __len__(self) -> int:
        return 8

    def batch(self, rows: NDArray[np.int64], *, draw: Draw | None = None) -> Batch:
        return Batch(torch.from_numpy(rows), torch.tensor([os.getpid()]))


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_batches_are_the_same_for_any_number_of_workers(workers: int, rows: LetterCounts) -> None:
    wanted = [np.array([3, 1]), np.array([0]), np.array([15, 2, 7]), np.array([4, 5])]
    found = list(load_batches(rows, drawn(wanted), workers=workers, device=CPU))
    assert len(found) == len(wanted)
    for batch, numbers in zip(found, wanted, strict=True):
        assert np.array_equal(batch.inputs, rows.counts[numbers])
        assert np.array_equal(batch.targets, rows.targets[numbers])


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_as_many_processes_prepare_batches_as_are_asked_for(workers: int) -> None:
    wanted = [np.array([row]) for row in range(8)]
    batches = list(load_batches(Witness(), drawn(wanted), workers=workers, device=CPU))
    makers = {int(batch.targets) for batch in batches}
    expected = min(workers, len(os.sched_getaffinity(0)))
    assert len(makers - {os.getpid()}) == expected
    assert (os.getpid() in makers) is (workers == 0)


def test_no_more_processes_start_than_there_are_cores() -> None:
    wanted = [np.array([row % 8]) for row in range(64)]
    batches = load_batches(Witness(), drawn(wanted), workers=99, device=CPU)
    cores = len(os.sched_getaffinity(0))
    assert len({int(batch.targets) for batch in batches}) <= cores


def test_a_batch_is_moved_with_its_targets(rows: LetterCounts) -> None:
    batch = rows.batch(np.array([0, 1])).to(torch.device("meta"))
    assert batch.inputs.device.type == batch.targets.device.type == "meta"


@dataclass(frozen=True)
class Fragile(Witness):
    """Rows whose worker is killed at the row 1, and makes a mistake at the row 2."""

    def batch(self, rows: NDArray[np.int64], *, draw: Draw | None = None) -> Batch:
        assert parent_process() is not None
        if rows[0] == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        if rows[0] == 2:
            msg = "a mistake"
            raise RuntimeError(msg)
        return super().batch(rows)


@pytest.mark.parametrize(
    ("row", "kind", "said"),
    [
        (1, ResourceError, "environment.number_of_workers"),
        (2, RuntimeError, "a mistake"),
    ],
    ids=["killed", "mistaken"],
)
def test_a_worker_that_fails_is_an_error_and_no_hang(
    row: int, kind: type[Exception], said: str
) -> None:
    batches = load_batches(
        Fragile(), drawn([np.array([0]), np.array([row])]), workers=1, device=CPU
    )
    with pytest.raises(kind, match=said):
        list(batches)

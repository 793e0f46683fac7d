"""Every row is in a batch once an epoch, and the seed and the epoch alone decide which."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hydro.settings.sections import TrainingSection
from hydro.training.samplers import ShuffledBatches
from hydro.training.token_batching import TokenBatches

Training = Callable[..., TrainingSection]


def rows_of(batches: list[NDArray[np.int64]]) -> list[list[int]]:
    """List the rows of each batch."""
    return [batch.tolist() for batch in batches]


@pytest.mark.parametrize("by_tokens", [False, True])
@settings(deadline=None)
@given(
    count=st.integers(1, 60),
    batch_size=st.integers(1, 20),
    world_size=st.integers(1, 3),
    epoch=st.integers(0, 5),
)
def test_every_row_is_drawn_once_an_epoch(
    training: Training, by_tokens: bool, count: int, batch_size: int, world_size: int, epoch: int
) -> None:
    chosen = training(batch_size=batch_size, drop_last_batch=False)
    cut = TokenBatches(np.arange(count) % 7 + 1, 14 + batch_size) if by_tokens else None
    sampler = ShuffledBatches(count, 3, chosen, world_size, cut)
    batches = sampler.batches(epoch)
    assert len(batches) == len(sampler)
    assert sorted(np.concatenate(batches)) == list(range(count))


def test_batches_depend_on_the_seed_and_the_epoch_alone(training: Training) -> None:
    def batches(seed: int, epoch: int) -> list[list[int]]:
        return rows_of(ShuffledBatches(50, seed, training(batch_size=4)).batches(epoch))

    sampler = ShuffledBatches(50, 1, training(batch_size=4))
    later, first = rows_of(sampler.batches(3)), rows_of(sampler.batches(0))
    assert (first, later) == (batches(1, 0), batches(1, 3))
    assert len({str(each) for each in (first, later, batches(2, 0))}) == 3


def test_processes_agree_on_batches_that_are_those_of_one_with_the_batch_of_all(
    training: Training,
) -> None:
    together = ShuffledBatches(50, 1, training(batch_size=3), world_size=4)
    alone = ShuffledBatches(50, 1, training(batch_size=12))
    assert rows_of(together.batches(2)) == rows_of(alone.batches(2))
    assert len(together) == len(alone) == 4


def test_the_order_is_that_of_numpys_permutation(training: Training) -> None:
    sampler: Any = ShuffledBatches(9, 5, training(batch_size=3))
    expected = np.random.Generator(np.random.PCG64(np.random.SeedSequence([5, 2]))).permutation(9)
    assert np.concatenate(sampler.batches(2)).tolist() == expected.tolist()

"""Rows become batches, batches become updates, and validations fall due."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hydro_linear_regression.letters import LetterCounts
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hydro.errors import PluginError, SettingsError
from hydro.plugins.builtin import shuffled
from hydro.settings.sections import EnvironmentSection, Settings, TrainingSection
from hydro.training.batch_plan import BatchPlan
from hydro.training.dataset import Batch, Dataset
from hydro.training.randomness import Draw, random_generator
from hydro.training.samplers import ShuffledBatches

Training = Callable[..., TrainingSection]


def plan(rows: int, seed: int, training: TrainingSection, world_size: int = 1) -> BatchPlan:
    """Plan the updates over shuffled rows."""
    return BatchPlan(ShuffledBatches(rows, seed, training, world_size), training)


def sizes(updates: BatchPlan, epoch: int = 0) -> list[list[int]]:
    """Count the rows in each batch of each update of an epoch."""
    return [[len(batch) for batch in group] for group in updates.batches_for_epoch(epoch)]


def due(updates: BatchPlan) -> list[int]:
    """List the batches after which a validation is due."""
    found, last = [], 0
    for epoch in range(updates.epochs):
        for group in updates.batches_for_epoch(epoch):
            done = last + len(group)
            if updates.should_validate(done, last):
                found.append(done)
            last = done
    return found


def test_a_batch_of_several_processes_has_the_rows_of_all(training: Training) -> None:
    together = plan(16, 0, training(batch_size=3, epochs=2, grad_accumulation=2), 2)
    alone = plan(16, 0, training(batch_size=6, epochs=2, grad_accumulation=2))
    assert sizes(together) == sizes(alone) == [[6, 6]]
    assert (together.batches, together.num_updates) == (alone.batches, alone.num_updates) == (4, 2)
    few = plan(5, 0, training(batch_size=3), 2)
    assert sizes(few) == [[5]]
    assert not few.sampler.drop_last


def test_a_last_batch_that_is_not_full_is_dropped_only_with_drop_last(training: Training) -> None:
    assert sizes(plan(7, 0, training(batch_size=3))) == [[3], [3]]
    kept = plan(7, 0, training(batch_size=3, drop_last_batch=False))
    assert sizes(kept) == [[3], [3], [1]]
    assert not kept.sampler.drop_last


def test_the_only_batch_is_kept_however_small(training: Training) -> None:
    updates = plan(3, 0, training(batch_size=4))
    assert not updates.sampler.drop_last
    assert sizes(updates) == [[3]]
    assert updates.num_updates == 1


@pytest.mark.parametrize(
    ("epochs", "expected"), [(0, []), (0.5, [2]), (1, [4]), (1.5, [4, 2]), (2.25, [4, 4, 1])]
)
def test_a_fraction_of_an_epoch_is_a_part_of_its_batches(
    epochs: float, expected: list[int], training: Training
) -> None:
    updates = plan(8, 0, training(epochs=epochs))
    assert [len(updates.batches_for_epoch(epoch)) for epoch in range(updates.epochs)] == expected
    assert updates.num_updates == sum(expected)


def test_remaining_batches_of_an_epoch_are_an_update_of_their_own(training: Training) -> None:
    updates = plan(10, 0, training(grad_accumulation=3, epochs=2))
    assert sizes(updates, 0) == sizes(updates, 1) == [[2, 2, 2], [2, 2]]
    assert updates.num_updates == 4


@pytest.mark.parametrize(
    ("warmup_epochs", "accumulation", "expected"),
    [(0, 1, 0), (0.5, 1, 2), (1, 1, 4), (1, 3, 2), (1.25, 3, 3), (9, 1, 36)],
)
def test_a_warm_up_is_counted_in_updates_and_may_outlast_the_run(
    warmup_epochs: float, accumulation: int, expected: int, training: Training
) -> None:
    chosen = training(epochs=2, warmup_epochs=warmup_epochs, grad_accumulation=accumulation)
    assert plan(8, 0, chosen).warmup_updates == expected


@pytest.mark.parametrize(
    ("every", "epochs", "expected"),
    [
        (1, 3, [10, 20]),
        (1, 2.5, [10, 20]),
        (2, 5, [20, 40]),
        (0.5, 1.5, [5, 10]),
        (1.1, 4, [11, 22, 33]),
        (0.3, 1.5, [3, 6, 9, 12]),
        (0.01, 0.4, [1, 2, 3]),
        (7, 3, []),
    ],
)
def test_a_validation_is_due_every_so_many_epochs_but_not_at_the_end(
    every: float, epochs: float, expected: list[int], training: Training
) -> None:
    assert due(plan(20, 0, training(epochs=epochs, evaluation_epochs=every))) == expected


def test_rounding_does_not_delay_a_validation(training: Training) -> None:
    assert 1.1 * 50 > 55
    assert due(plan(100, 0, training(epochs=3, evaluation_epochs=1.1))) == [55, 110]


def test_a_validation_is_due_only_at_the_end_of_an_update(training: Training) -> None:
    chosen = training(epochs=1, evaluation_epochs=0.25, grad_accumulation=3)
    assert due(plan(16, 0, chosen)) == [3, 6]


def test_the_order_depends_on_the_seed_and_the_epoch_only(training: Training) -> None:
    def order(seed: int, epoch: int, **changes: float) -> list[int]:
        groups = plan(50, seed, training(**{"epochs": 3, **changes})).batches_for_epoch(epoch)
        return [int(row) for group in groups for batch in group for row in batch]

    assert order(1, 0) == order(1, 0, batch_size=5) == order(1, 0, epochs=1, grad_accumulation=4)
    assert order(1, 0) != order(2, 0)
    assert order(1, 0) != order(1, 1)


@settings(deadline=None)
@given(
    rows=st.integers(1, 60),
    batch_size=st.integers(1, 20),
    accumulation=st.integers(1, 7),
    epochs=st.floats(0, 4),
    evaluation=st.floats(0.01, 3),
    drop_last=st.booleans(),
)
def test_rows_are_seen_at_most_once_an_epoch_and_counts_add_up(
    training: Training,
    rows: int,
    batch_size: int,
    accumulation: int,
    epochs: float,
    evaluation: float,
    drop_last: bool,
) -> None:
    chosen = training(
        batch_size=batch_size,
        grad_accumulation=accumulation,
        epochs=epochs,
        evaluation_epochs=evaluation,
        drop_last_batch=drop_last,
    )
    updates = plan(rows, 3, chosen)
    groups = [updates.batches_for_epoch(epoch) for epoch in range(updates.epochs)]
    assert sum(len(each) for each in groups) == updates.num_updates
    assert sum(len(group) for each in groups for group in each) == updates.batches
    for number, each in enumerate(groups):
        seen = np.concatenate([batch for group in each for batch in group])
        assert len(set(seen.tolist())) == len(seen)
        assert set(seen.tolist()) <= set(range(rows))
        assert all(len(group) == accumulation for group in each[:-1])
        if number < updates.epochs - 1:
            left_out = rows % batch_size if updates.sampler.drop_last else 0
            assert len(seen) == rows - left_out
    assert due(updates) == sorted(set(due(updates)))
    longest = evaluation * updates.batches_per_epoch
    assert len(due(updates)) <= math.floor(updates.batches / longest + 1e-6)


@dataclass(frozen=True)
class Texts:
    """Rows that have tokens."""

    lengths: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.lengths)

    def batch(self, rows: NDArray[np.int64], *, draw: Draw | None = None) -> Batch:
        raise NotImplementedError


def planned(training: TrainingSection, dataset: Dataset, seed: int = 1) -> BatchPlan:
    """Plan the updates over a dataset, with the sampler that is built in."""
    section = EnvironmentSection(seed=seed)
    settings = Settings.model_construct(training=training, environment=section)
    sampler = shuffled(settings, dataset=dataset, frame=None, targets=None, world_size=1)
    return BatchPlan(sampler, training)


@pytest.mark.parametrize("drop_last", [True, False])
def test_batches_by_tokens_are_as_many_in_every_epoch_and_shuffled_whole(
    training: Training, drop_last: bool
) -> None:
    texts = Texts(np.random.default_rng(0).integers(1, 10, 100))
    updates = planned(training(batch_tokens=40, epochs=3, drop_last_batch=drop_last), texts)
    epochs = [[batch for (batch,) in updates.batches_for_epoch(epoch)] for epoch in range(3)]
    assert {len(batches) for batches in epochs} == {updates.batches_per_epoch}
    assert updates.num_updates == 3 * updates.batches_per_epoch
    tokens = [texts.lengths[batch].sum() for batches in epochs for batch in batches]
    assert max(tokens) <= 40
    for number, batches in enumerate(epochs):
        seen = np.concatenate(batches)
        order = random_generator(1, number).permutation(100)
        assert seen.tolist() == order[: len(seen)].tolist()
        assert (len(seen) < 100) is drop_last


def test_rows_without_tokens_cannot_be_cut_by_tokens(
    training: Training, rows: LetterCounts
) -> None:
    with pytest.raises(
        SettingsError, match="batch_tokens: the rows of this problem have no tokens"
    ):
        planned(training(batch_tokens=99), rows)
    assert sizes(planned(training(batch_size=8), rows)) == [[8], [8]]


def test_a_sampler_without_batches_is_refused(training: Training) -> None:
    with pytest.raises(PluginError, match="ShuffledBatches: a sampler has to have a batch"):
        plan(0, 1, training())


def test_remaining_updates_are_those_not_done_yet(training: Training) -> None:
    updates = plan(11, 1, training(epochs=2.5, grad_accumulation=2, drop_last_batch=False))
    every = [group for epoch in range(updates.epochs) for group in updates.batches_for_epoch(epoch)]
    assert len(every) == updates.num_updates
    for done in range(updates.num_updates + 1):
        left = [group for _, groups in updates.remaining(done) for group in groups]
        assert [str(each) for each in left] == [str(each) for each in every[done:]]
    assert [epoch for epoch, _ in updates.remaining(3)] == [1, 2]

"""Laws of batches in which rows of a class come together."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydro.settings.sections import TrainingSection
from hydro.similarity.balanced_batches import BalancedBatches
from hydro.training.samplers import ShuffledBatches


def training(batch_size: int, *, drop_last: bool = False) -> TrainingSection:
    """Return settings of training."""
    values = {"loss_function": "x", "batch_size": batch_size, "drop_last_batch": drop_last}
    return TrainingSection.model_validate(values)


def batches_of(classes: Any, batch_size: int, count: int, **changes: Any) -> BalancedBatches:
    """Make the batches of rows of these classes."""
    given = {"seed": 1, "world_size": 1, "training": training(batch_size), **changes}
    classes = np.asarray(classes)
    return BalancedBatches(len(classes), classes=classes, rows_per_class=count, **given)


CLASSES = st.lists(st.integers(0, 6), min_size=1, max_size=60)


@settings(deadline=None, max_examples=200)
@given(CLASSES, st.integers(1, 9), st.integers(1, 5), st.booleans(), st.integers(0, 3))
def test_every_row_is_drawn_once_in_full_batches(
    classes: list[int], size: int, count: int, drop: bool, epoch: int
) -> None:
    plan = training(size, drop_last=drop)
    found = batches_of(classes, size, count, training=plan)
    batches = found.batches(epoch)
    assert len(batches) == len(found) == len(ShuffledBatches(len(classes), 1, plan))
    rows = np.concatenate(batches)
    assert len({*rows.tolist()}) == len(rows)
    assert all(len(each) == size for each in batches[:-1])
    if not drop:
        assert len(rows) == len(classes)


@settings(deadline=None, max_examples=200)
@given(CLASSES, st.integers(2, 9), st.integers(1, 5))
def test_a_batch_of_one_class_is_left_only_where_no_other_can_spare_a_row(
    classes: list[int], size: int, count: int
) -> None:
    numbers = np.array(classes)
    batches = [numbers[each].tolist() for each in batches_of(classes, size, count).batches(0)]
    poor = [each for each in batches if len(each) > 1 and len({*each}) == 1]
    for alone in poor:
        for other in batches:
            counts = Counter(other)
            others = [each for each in counts if each != alone[0]]
            can_spare = len(others) > 1 or any(counts[each] > 1 for each in others)
            assert not can_spare, (alone, other)


def test_the_seed_and_the_epoch_alone_decide() -> None:
    classes = np.repeat(np.arange(20), 5)
    first = [each.tolist() for each in batches_of(classes, 8, 2).batches(3)]
    assert first == [each.tolist() for each in batches_of(classes, 8, 2).batches(3)]
    assert first != [each.tolist() for each in batches_of(classes, 8, 2).batches(4)]
    assert first != [each.tolist() for each in batches_of(classes, 8, 2, seed=2).batches(3)]
    # Two processes with half the batch each have the batches of one.
    halved = batches_of(classes, 4, 2, world_size=2)
    assert first == [each.tolist() for each in halved.batches(3)]


@pytest.mark.parametrize("count", [2, 4])
def test_classes_of_full_groups_are_never_cut(count: int) -> None:
    classes = np.random.default_rng(0).permutation(np.repeat(np.arange(30), 12))
    for batch in batches_of(classes, 24, count).batches(0):
        assert all(each % count == 0 for each in Counter(classes[batch]).values())


def test_a_large_class_is_spread_over_the_epoch() -> None:
    classes = np.repeat(np.arange(31), [300] + [10] * 30)
    shares = [np.mean(classes[each] == 0) for each in batches_of(classes, 30, 2).batches(0)]
    assert max(shares) < 0.65
    assert min(shares) > 0.3


def test_a_row_left_over_joins_a_group_of_its_class() -> None:
    groups = batches_of(np.repeat(np.arange(4), 5), 10, 2)._groups(np.random.default_rng(0))
    assert sorted(map(len, groups)) == [2, 2, 2, 2, 3, 3, 3, 3]

"""When a loss of pairs is said to lack them."""

import numpy as np
import pytest

from hydro_text_metric_learning.pairs_note import pairs_note, share_with_positive


def test_many_classes_in_small_batches_are_warned_of() -> None:
    (said,) = pairs_note(np.arange(770) % 77, 16, "SupCon")
    assert said == (
        "SupCon compares the rows of a batch, and of 16 rows drawn at random 16% have another one "
        "of their class. Set training.sampler: Balanced"
    )
    assert pairs_note(np.arange(770) % 4, 16, "SupCon") == []


@pytest.mark.parametrize("sizes", [[10] * 30, [200, 50, 9, 1, 40]])
def test_the_share_is_that_of_drawn_batches(sizes: list[int]) -> None:
    classes, random = np.repeat(np.arange(len(sizes)), sizes), np.random.default_rng(0)
    found = []
    for _ in range(1000):
        batch = random.choice(classes, 16, replace=False)
        found.append(np.mean([(batch == each).sum() > 1 for each in batch]))
    assert share_with_positive(classes, 16) == pytest.approx(np.mean(found), abs=0.02)

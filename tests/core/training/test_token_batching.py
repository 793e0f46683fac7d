"""An order of rows is cut into batches of about as many tokens."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydro.errors import SettingsError
from hydro.training.token_batching import TokenBatches


def test_rows_are_cut_where_their_tokens_pass_a_multiple() -> None:
    budget = TokenBatches(np.array([3, 4, 2, 1, 4, 3]), 8)
    assert (budget.tokens_per_epoch, budget.tokens_per_batch) == (17, 5)
    order = np.array([4, 5, 3, 2, 0, 1])
    # In this order the texts begin at 0, 4, 7, 8, 10 and 13.
    kept = budget.split(order, drop_last=False)
    assert [each.tolist() for each in kept] == [[4, 5], [3, 2], [0, 1]]
    assert (budget.num_batches(drop_last=False), budget.num_batches(drop_last=True)) == (3, 3)
    shorter = TokenBatches(budget.lengths[:5], 8)
    dropped = shorter.split(order[[0, 2, 3, 4, 5]], drop_last=True)
    assert [each.tolist() for each in dropped] == [[4, 3], [2, 0]]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=50), st.integers(18, 60), st.integers(0, 9))
def test_every_row_is_in_one_batch_none_is_empty_and_none_passes_the_budget(
    lengths: list[int], tokens: int, seed: int
) -> None:
    budget = TokenBatches(np.array(lengths), tokens)
    order = np.random.default_rng(seed).permutation(len(lengths))
    batches = budget.split(order, drop_last=False)
    assert len(batches) == budget.num_batches(drop_last=False)
    assert np.concatenate(batches).tolist() == order.tolist()
    sums = [sum(lengths[row] for row in batch) for batch in batches]
    assert min(sums) > 0
    assert max(sums) <= tokens
    assert all(each > budget.tokens_per_batch - max(lengths) for each in sums[:-1])
    whole = budget.split(order, drop_last=True)
    assert len(whole) == budget.num_batches(drop_last=True)
    assert [each.tolist() for each in whole[:-1]] == [each.tolist() for each in batches][
        : len(whole) - 1
    ]
    assert all(len(each) for each in whole)


def test_a_limit_below_two_of_the_longest_texts_is_refused() -> None:
    assert TokenBatches(np.array([9, 3]), 18).tokens_per_batch == 10
    with pytest.raises(SettingsError, match=r"batch_tokens: 17 is less than two.*18 or more"):
        TokenBatches(np.array([9, 3]), 17)

"""The choice of the largest values, against a stable sort of all of them."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hydro.similarity.topk import slices, sortable_keys, stable_topk


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    rows=st.integers(1, 3000),
    columns=st.integers(1, 5),
    kinds=st.sampled_from([1, 2, 7, 10**6]),
    share=st.floats(0, 1),
    memory_bytes=st.sampled_from([1, 2**16, 2**26]),
)
def test_the_largest_are_the_first_of_a_stable_sort(
    seed: int, rows: int, columns: int, kinds: int, share: float, memory_bytes: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    values = torch.randint(-kinds, kinds + 1, (rows, columns), generator=generator) / kinds
    count = round(rows * share**3)  # few more often than many: most of them are left out by groups
    expected = values.argsort(dim=0, descending=True, stable=True)[:count].T
    assert torch.equal(stable_topk(values, count, memory_bytes=memory_bytes), expected)


def test_of_equal_values_behind_the_last_group_the_upper_rows_come_first() -> None:
    values = torch.zeros(1003, 1)
    values[[1002, 700, 5]] = 1
    assert stable_topk(values, 6).tolist() == [[5, 700, 1002, 0, 1, 2]]


def test_rows_that_are_out_of_the_search_come_last() -> None:
    values = torch.linspace(-1, 1, 500)[:, None].clone()
    values[499] = -torch.inf
    assert stable_topk(values, 2).tolist() == [[498, 497]]
    assert stable_topk(values, 500)[0, -1] == 499


def test_keys_order_by_value_and_then_by_the_lower_row() -> None:
    values = torch.tensor([[-1, 0.5, -0.0, 0, 1 + 2**-23, 0.5, 1, -(2**-149), 0, -torch.inf]])
    order = sortable_keys(values, torch.arange(10)).argsort(descending=True)
    assert order.tolist() == [[4, 6, 1, 5, 2, 3, 8, 7, 0, 9]]


@pytest.mark.parametrize(("rows", "size", "count"), [(0, 3, 0), (7, 3, 3), (7, 0, 7), (7, 9, 1)])
def test_slices_cover_all_rows_once(rows: int, size: int, count: int) -> None:
    parts = slices(rows, size)
    assert len(parts) == count
    assert [row for part in parts for row in range(part.start, part.stop)] == list(range(rows))

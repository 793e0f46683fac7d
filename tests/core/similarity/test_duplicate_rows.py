"""Rows that equal an earlier one, against a look at every pair."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hydro.similarity.duplicate_rows import find_duplicate_rows


def test_rows_that_equal_an_earlier_one_are_known_with_the_first() -> None:
    rows = np.array([[1, 0], [0, 1], [1, -0.0], [0, 1], [1, 0]], dtype=np.float32)
    repeats, originals = find_duplicate_rows(rows)
    assert repeats.tolist() == [2, 3, 4]
    assert originals.tolist() == [0, 1, 0]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), rows=st.integers(0, 60), size=st.integers(1, 9))
def test_repeats_are_those_that_a_look_at_every_pair_finds(seed: int, rows: int, size: int) -> None:
    # Few values, so that rows often begin alike and differ further on.
    drawn = np.random.default_rng(seed).integers(0, 2, (rows, size)).astype(np.float32)
    firsts = [next(i for i in range(rows) if (drawn[i] == row).all()) for row in drawn]
    expected = [(row, first) for row, first in enumerate(firsts) if row != first]
    assert (
        list(zip(*(each.tolist() for each in find_duplicate_rows(drawn)), strict=True)) == expected
    )


def test_rows_that_only_begin_alike_are_no_repeats() -> None:
    rows = np.ones((3, 8), dtype=np.float32)
    rows[1, 7] = 2
    assert [each.tolist() for each in find_duplicate_rows(rows)] == [[2], [0]]

"""What a search goes through: rows that are equal, and rows that are of a class."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from hydro.errors import TrainingError
from hydro.similarity.gallery import CHECKED_ROWS, Gallery, check_finite


def compare(rows: NDArray[np.float32], queries: NDArray[np.float32]) -> torch.Tensor:
    gallery = Gallery.load(rows, np.zeros(len(rows), dtype=np.int64), "cpu")
    return gallery.compare(queries, torch.empty(len(rows) * len(queries) + 5))


@pytest.mark.parametrize("queries", [1, 3, 64])
@pytest.mark.parametrize("size", [17, 33, 384])
def test_equal_rows_have_equal_cosines_to_the_last_bit(size: int, queries: int) -> None:
    rows = np.random.default_rng(size).normal(size=(101, size)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[::5] = rows[0]
    cosines = compare(rows, rows[:queries])
    assert torch.equal(cosines[::5], cosines[:1].expand(21, -1))
    torch.testing.assert_close(cosines, torch.from_numpy(rows @ rows[:queries].T))


def test_rows_of_no_class_match_nothing() -> None:
    gallery = Gallery.load(np.eye(4, dtype=np.float32), np.array([0, 1, -1, 0]), "cpu")
    every = torch.arange(4).expand(3, -1)
    assert gallery.match(torch.tensor([0, -1, 7]), every).tolist() == [
        [True, False, False, True],
        [False] * 4,
        [False] * 4,
    ]


def test_the_members_of_a_class_come_in_the_order_of_their_rows() -> None:
    gallery = Gallery.load(np.eye(6, dtype=np.float32), np.array([2, 0, -1, 2, 0, 2]), "cpu")
    assert [gallery.members(each).tolist() for each in (0, 1, 2)] == [[1, 4], [], [0, 3, 5]]


def test_arrays_that_cannot_be_written_to_are_searched_where_they_lie() -> None:
    rows = np.eye(3, dtype=np.float32)
    rows.flags.writeable = False
    gallery = Gallery.load(rows, np.arange(3), "cpu")
    assert gallery.embeddings.data_ptr() == rows.ctypes.data
    assert torch.equal(gallery.compare(rows, torch.empty(9)), torch.eye(3))


def test_a_row_that_is_not_finite_is_named_wherever_it_is() -> None:
    rows = np.zeros((CHECKED_ROWS + 3, 2), dtype=np.float32)
    check_finite(rows)
    rows[CHECKED_ROWS + 1, 1] = np.nan
    with pytest.raises(TrainingError, match=rf"row {CHECKED_ROWS + 1} "):
        check_finite(rows)

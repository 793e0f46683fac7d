"""What a search goes through: rows that are equal, and rows that are of a class."""

import numpy as np
import pytest
import torch

from hydro_text_metric_learning.gallery import Gallery


def test_rows_that_equal_an_earlier_one_are_known() -> None:
    rows = np.array([[1, 0], [0, 1], [1, -0.0], [0, 1], [1, 0]], dtype=np.float32)
    gallery = Gallery.load(rows, np.zeros(5, dtype=np.int64), "cpu")
    assert gallery.repeats.tolist() == [2, 3, 4]
    assert gallery.originals.tolist() == [0, 1, 0]


@pytest.mark.parametrize("queries", [1, 3, 64])
@pytest.mark.parametrize("size", [17, 33, 384])
def test_equal_rows_have_equal_cosines_to_the_last_bit(size: int, queries: int) -> None:
    rows = np.random.default_rng(size).normal(size=(101, size)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[::5] = rows[0]
    cosines = Gallery.load(rows, np.zeros(101, dtype=np.int64), "cpu").compare(rows[:queries])
    assert torch.equal(cosines[:, ::5], cosines[:, :1].expand(-1, 21))
    torch.testing.assert_close(cosines, torch.from_numpy(rows[:queries] @ rows.T))


def test_rows_of_no_class_match_nothing() -> None:
    gallery = Gallery.load(np.eye(4, dtype=np.float32), np.array([0, 1, -1, 0]), "cpu")
    assert gallery.match(np.array([0, -1, 7])).tolist() == [
        [True, False, False, True],
        [False] * 4,
        [False] * 4,
    ]


def test_arrays_that_cannot_be_written_to_can_be_searched() -> None:
    rows = np.eye(3, dtype=np.float32)
    rows.flags.writeable = False
    gallery = Gallery.load(rows, np.arange(3), "cpu")
    assert torch.equal(gallery.compare(rows), torch.eye(3))

"""The neighbour search against a plain sort, ties included."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from hydro.errors import TrainingError
from hydro_text_metric_learning.neighbours import Block, Ranking, make_keys, rank


def draw_with_ties(seed: int, rows: int) -> NDArray[np.float32]:
    """Draw among 16 vectors of length 1 whose cosines are exact, so that most are ties."""
    signs = np.random.default_rng(seed).integers(0, 2, size=(rows, 4)) - 0.5
    return signs.astype(np.float32)


def draw_normal(seed: int, rows: int, size: int) -> NDArray[np.float32]:
    drawn = np.random.default_rng(seed).normal(size=(rows, size)).astype(np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn


def draw_classes(seed: int, rows: int) -> NDArray[np.int64]:
    """Draw classes from large to single, with some rows that have none."""
    return np.random.default_rng(seed).zipf(1.5, size=rows).clip(max=rows) - 2


def gather(blocks: list[Block], depth: int) -> tuple[NDArray[np.int64], Ranking]:
    """Join blocks, their hits cut or filled up to one depth."""
    hits = np.zeros((sum(len(block.neighbours) for block in blocks), depth), dtype=np.bool_)
    for block in blocks:
        width = min(depth, block.ranking.hits.shape[1])
        hits[block.rows, :width] = block.ranking.hits[:, :width]
    return np.concatenate([block.neighbours for block in blocks]), Ranking(
        hits,
        np.concatenate([block.ranking.relevant for block in blocks]),
        np.concatenate([block.ranking.first_hit for block in blocks]),
    )


@pytest.mark.parametrize("memory_bytes", [1, 10_000, 2**28])
@pytest.mark.parametrize("seed", range(10))
def test_a_search_equals_a_stable_sort_of_all_other_rows(seed: int, memory_bytes: int) -> None:
    embeddings, classes = draw_with_ties(seed, 40), draw_classes(seed, 40)
    blocks = list(rank(embeddings, classes, top_k=7, memory_bytes=memory_bytes))
    neighbours, ranking = gather(blocks, 7)
    cosines = embeddings @ embeddings.T
    for query in range(40):
        order = [row for row in np.argsort(-cosines[query], kind="stable") if row != query]
        same = [classes[row] == classes[query] != -1 for row in order]
        assert neighbours[query].tolist() == order[:7]
        assert ranking.hits[query].tolist() == same[:7]
        assert ranking.relevant[query] == sum(same)
        assert ranking.first_hit[query] == (same.index(True) + 1 if any(same) else 0)
    assert np.array_equal(
        np.concatenate([block.similarities for block in blocks]),
        np.take_along_axis(cosines, neighbours, axis=1),
    )


@pytest.mark.parametrize("seed", range(5))
def test_a_separate_gallery_is_searched_whole(seed: int) -> None:
    queries, classes = draw_with_ties(seed, 9), draw_classes(seed, 9)
    gallery, gallery_classes = draw_with_ties(seed + 99, 30), draw_classes(seed + 99, 30)
    blocks = rank(queries, classes, top_k=30, gallery=gallery, gallery_classes=gallery_classes)
    neighbours, ranking = gather(list(blocks), 30)
    expected = np.argsort(-(queries @ gallery.T), axis=1, kind="stable")
    hits = (gallery_classes[expected] == classes[:, None]) & (classes[:, None] >= 0)
    assert np.array_equal(neighbours, expected)
    assert np.array_equal(ranking.hits, hits)
    assert np.array_equal(ranking.relevant, hits.sum(axis=1))
    assert np.array_equal(ranking.first_hit, np.where(hits.any(axis=1), hits.argmax(axis=1) + 1, 0))


@pytest.mark.parametrize("size", [3, 17, 100])
@pytest.mark.parametrize("rows", [13, 101, 500])
def test_equal_texts_come_in_the_order_of_their_rows(rows: int, size: int) -> None:
    embeddings = draw_normal(0, rows, size)
    equal = np.arange(0, rows, 3)
    embeddings[equal] = embeddings[0]
    (block,) = rank(embeddings, np.zeros(rows, dtype=np.int64), top_k=len(equal) - 2)
    for query in equal:
        expected = [row for row in equal if row != query][: len(equal) - 2]
        assert block.neighbours[query].tolist() == expected
        assert len(set(block.similarities[query].tolist())) == 1


def test_keys_order_by_cosine_and_then_by_the_lower_row() -> None:
    cosines = torch.tensor([[-1, 0.5, -0.0, 0, 1 + 2**-23, 0.5, 1, -(2**-149), 0]])
    order = make_keys(cosines).argsort(descending=True)
    assert order.tolist() == [[4, 6, 1, 5, 2, 3, 8, 7, 0]]


def test_a_ranking_reaches_as_deep_as_the_largest_class() -> None:
    classes = np.array([0] * 20 + [1] * 2)
    (block,) = rank(draw_normal(0, 22, 8), classes, top_k=3)
    assert block.neighbours.shape == (22, 3)
    assert block.ranking.hits.shape == (22, 19)


def test_no_more_neighbours_are_given_than_there_are_other_rows() -> None:
    (block,) = rank(draw_normal(0, 4, 8), np.array([0, 0, 1, 1]), top_k=50)
    assert [sorted(row) for row in block.neighbours.tolist()] == [
        [1, 2, 3],
        [0, 2, 3],
        [0, 1, 3],
        [0, 1, 2],
    ]


def test_a_row_alone_has_no_neighbours() -> None:
    (block,) = rank(draw_normal(0, 1, 8), np.array([0]), top_k=5)
    assert block.neighbours.shape == (1, 0)
    assert block.ranking.relevant.tolist() == block.ranking.first_hit.tolist() == [0]


def test_a_row_without_a_class_is_found_but_is_no_hit() -> None:
    embeddings = draw_normal(0, 3, 8)
    (block,) = rank(embeddings, np.array([-1, -1, 0]), top_k=2)
    assert 1 in block.neighbours[0]
    assert not block.ranking.hits.any()
    assert not block.ranking.relevant.any()


def test_less_memory_or_a_larger_class_makes_smaller_blocks() -> None:
    embeddings, single, one = draw_normal(0, 200, 8), np.arange(200), np.zeros(200, dtype=np.int64)
    counts = [
        len(list(rank(embeddings, classes, top_k=5, memory_bytes=memory_bytes)))
        for classes, memory_bytes in [(single, 2**28), (single, 2**19), (one, 2**19), (one, 1)]
    ]
    assert counts[0] == 1
    assert counts[-1] == 200
    assert all(fewer < more for fewer, more in pairwise(counts))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_embeddings_that_are_not_finite_are_refused_by_row(value: float) -> None:
    embeddings = draw_normal(0, 9, 8)
    embeddings[[4, 6], 2] = value
    with pytest.raises(TrainingError, match=r"row 4 .* 2 such rows out of 9"):
        next(rank(embeddings, np.zeros(9, dtype=np.int64), top_k=5))

"""The neighbor search against a plain sort, ties included."""

import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hydro.errors import TrainingError
from hydro.similarity.neighbors import Block, Ranking, rank


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


def gather(blocks: list[Block], depth: int) -> tuple[Block, Ranking]:
    """Put blocks in the order of their queries, their hits cut or filled up to one depth."""
    order = np.concatenate([block.rows for block in blocks]).argsort()
    assert np.array_equal(np.sort(np.concatenate([block.rows for block in blocks])), np.sort(order))
    hits = np.zeros((len(order), depth), dtype=np.bool_)
    for block in blocks:
        width = min(depth, block.ranking.hits.shape[1])
        hits[block.rows, :width] = block.ranking.hits[:, :width]
    ranking = Ranking(
        hits,
        np.concatenate([block.ranking.relevant for block in blocks])[order],
        np.concatenate([block.ranking.first_hit for block in blocks])[order],
    )
    neighbors = np.concatenate([block.neighbors for block in blocks])[order]
    similarities = np.concatenate([block.similarities for block in blocks])[order]
    return Block(np.arange(len(order)), neighbors, similarities, neighbors, ranking), ranking


def search_plainly(
    embeddings: NDArray[np.float32],
    classes: NDArray[np.int64],
    gallery: NDArray[np.float32] | None,
    gallery_classes: NDArray[np.int64] | None,
    top_k: int,
) -> Block:
    """Sort all rows for every query; hits in full depth."""
    rows = embeddings if gallery is None else gallery
    others = classes if gallery_classes is None else gallery_classes
    cosines = embeddings @ rows.T
    if gallery is None:
        np.fill_diagonal(cosines, -np.inf)
    order = np.argsort(-cosines, axis=1, kind="stable")[:, : len(rows) - (gallery is None)]
    hits = (others[order] == classes[:, None]) & (classes[:, None] >= 0)
    ranks = np.where(hits.any(axis=1), hits.argmax(axis=1) + 1, 0) if order.shape[1] else 0
    ranking = Ranking(hits, hits.sum(axis=1), ranks + np.zeros(len(classes), dtype=np.int64))
    neighbors = order[:, :top_k]
    similarities = np.take_along_axis(cosines, neighbors, axis=1)
    return Block(np.arange(len(classes)), neighbors, similarities, order, ranking)


def check(blocks: list[Block], expected: Block) -> None:
    """Hold a search to a plain one, to the last bit."""
    depth = expected.ranking.hits.shape[1]
    found, ranking = gather(blocks, depth)
    assert np.array_equal(found.neighbors, expected.neighbors)
    assert np.array_equal(found.similarities, expected.similarities)
    assert np.array_equal(ranking.relevant, expected.ranking.relevant)
    assert np.array_equal(ranking.first_hit, expected.ranking.first_hit)
    for block in blocks:
        width = block.ranking.hits.shape[1]
        assert width >= max(block.neighbors.shape[1], block.ranking.relevant.max())
        assert np.array_equal(block.ranking.hits, expected.ranking.hits[block.rows, :width])
        assert np.array_equal(block.ranked, expected.ranked[block.rows, :width])


CLASSES: dict[str, Callable[[np.random.Generator, int], NDArray[np.int64]]] = {
    "from large to single": lambda generator, rows: generator.zipf(1.5, rows).clip(max=rows) - 2,
    "one has most rows": lambda generator, rows: (generator.random(rows) < 0.1) * 1,
    "one has all rows": lambda _, rows: np.zeros(rows, dtype=np.int64),
    "none": lambda _, rows: np.full(rows, -1),
    "pairs": lambda generator, rows: generator.permutation(rows) // 2,
}


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    queries=st.integers(1, 60),
    others=st.one_of(st.none(), st.integers(0, 400)),
    shape=st.sampled_from(sorted(CLASSES)),
    top_k=st.integers(1, 70),
    memory_bytes=st.sampled_from([1, 5_000, 50_000, 2**30]),
)
def test_a_search_equals_a_stable_sort_of_all_rows(
    seed: int, queries: int, others: int | None, shape: str, top_k: int, memory_bytes: int
) -> None:
    generator = np.random.default_rng(seed)
    embeddings, classes = draw_with_ties(seed, queries), CLASSES[shape](generator, queries)
    gallery = gallery_classes = None
    if others is not None:
        gallery, gallery_classes = draw_with_ties(~seed % 2**32, others), classes[:0]
        gallery_classes = generator.permutation(CLASSES[shape](generator, others))
    blocks = rank(
        embeddings,
        classes,
        top_k=top_k,
        gallery=gallery,
        gallery_classes=gallery_classes,
        memory_bytes=memory_bytes,
    )
    check(list(blocks), search_plainly(embeddings, classes, gallery, gallery_classes, top_k))


@pytest.mark.parametrize("memory_bytes", [1, 2**20, 2**30])
def test_many_rows_are_searched_as_exactly_as_few(memory_bytes: int) -> None:
    embeddings, classes = draw_with_ties(0, 3000), draw_classes(0, 3000)
    blocks = rank(
        embeddings[:20],
        classes[:20],
        top_k=9,
        gallery=embeddings,
        gallery_classes=classes,
        memory_bytes=memory_bytes,
    )
    check(list(blocks), search_plainly(embeddings[:20], classes[:20], embeddings, classes, 9))


@pytest.mark.parametrize("size", [3, 17, 100])
@pytest.mark.parametrize("rows", [13, 101, 500])
def test_equal_texts_come_in_the_order_of_their_rows(rows: int, size: int) -> None:
    embeddings = draw_normal(0, rows, size)
    equal = np.arange(0, rows, 3)
    embeddings[equal] = embeddings[0]
    (block,) = rank(embeddings, np.zeros(rows, dtype=np.int64), top_k=len(equal) - 2)
    for query in equal:
        expected = [row for row in equal if row != query][: len(equal) - 2]
        assert block.neighbors[query].tolist() == expected
        assert len(set(block.similarities[query].tolist())) == 1


def test_what_equals_a_query_is_found_wherever_it_is() -> None:
    embeddings = draw_normal(0, 500, 17)
    equal = [3, 200, 499]
    embeddings[equal] = embeddings[3]
    (block,) = rank(embeddings, np.arange(500), top_k=2)
    for query in equal:
        assert block.neighbors[query].tolist() == [row for row in equal if row != query]
        np.testing.assert_allclose(block.similarities[query], 1, atol=1e-6)


def test_a_ranking_reaches_as_deep_as_the_largest_class() -> None:
    classes = np.array([0] * 20 + [1] * 2)
    (block,) = rank(draw_normal(0, 22, 8), classes, top_k=3)
    assert block.neighbors.shape == (22, 3)
    # One more than the deepest class has others: a row that moves up where one leaves.
    assert block.ranking.hits.shape == block.ranked.shape == (22, 20)


def test_no_more_neighbors_are_given_than_there_are_other_rows() -> None:
    (block,) = rank(draw_normal(0, 4, 8), np.array([0, 0, 1, 1]), top_k=50)
    assert [sorted(row) for row in block.neighbors.tolist()] == [
        [1, 2, 3],
        [0, 2, 3],
        [0, 1, 3],
        [0, 1, 2],
    ]


def test_a_row_alone_has_no_neighbors() -> None:
    (block,) = rank(draw_normal(0, 1, 8), np.array([0]), top_k=5)
    assert block.neighbors.shape == (1, 0)
    assert block.ranking.relevant.tolist() == block.ranking.first_hit.tolist() == [0]


def test_a_row_without_a_class_is_found_but_is_no_hit() -> None:
    embeddings = draw_normal(0, 3, 8)
    (block,) = rank(embeddings, np.array([-1, -1, 0]), top_k=2)
    assert 1 in block.neighbors[0]
    assert not block.ranking.hits.any()
    assert not block.ranking.relevant.any()


def test_less_memory_or_a_larger_class_makes_smaller_blocks() -> None:
    embeddings, single, one = draw_normal(0, 200, 8), np.arange(200), np.zeros(200, dtype=np.int64)
    counts = [
        len(list(rank(embeddings, classes, top_k=5, memory_bytes=memory_bytes)))
        for classes, memory_bytes in [(single, 2**28), (single, 2**17), (one, 2**17), (one, 1)]
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


def test_a_gallery_that_is_not_finite_is_refused() -> None:
    gallery, one = draw_normal(0, 9, 8), np.zeros(1, dtype=np.int64)
    gallery[3, 0] = np.nan
    blocks = rank(gallery[:1], one, top_k=2, gallery=gallery, gallery_classes=np.arange(9))
    with pytest.raises(TrainingError, match="row 3 "):
        next(blocks)


def test_a_row_of_zeros_is_as_far_from_all_as_a_right_angle() -> None:
    embeddings = np.array([[1, 0], [0, 0], [-1, 0], [0, 0]], dtype=np.float32)
    (block,) = rank(embeddings, np.zeros(4, dtype=np.int64), top_k=3)
    assert block.neighbors.tolist() == [[1, 3, 2], [0, 2, 3], [1, 3, 0], [0, 1, 2]]
    assert block.similarities.tolist() == [[0, 0, -1], [0, 0, 0], [0, 0, -1], [0, 0, 0]]


def test_queries_of_a_large_class_do_not_deepen_the_rankings_of_others() -> None:
    classes = np.array([0] * 300 + list(range(1, 51)) * 2)
    blocks = list(rank(draw_normal(0, 400, 8), classes, top_k=5, memory_bytes=400_000))
    shallow = [block for block in blocks if block.ranking.relevant.max() == 1]
    assert sum(len(block.rows) for block in shallow) > 50
    assert {block.ranking.hits.shape[1] for block in shallow} == {6}


PROGRAM = """
import itertools, resource, numpy as np
from hydro.similarity.neighbors import rank
rows = np.random.default_rng(0).random((200_000, 384), dtype=np.float32)
rows -= 0.5
for block in itertools.islice(rank(rows, np.arange(200_000) // 9, top_k=50), 1):
    print(len(block.rows), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_two_hundred_thousand_rows_are_searched_in_a_gigabyte_and_a_half() -> None:
    found = subprocess.check_output([sys.executable, "-c", PROGRAM], text=True)
    queries, mebibytes = map(int, found.split())
    assert queries == 512
    assert mebibytes < 1500

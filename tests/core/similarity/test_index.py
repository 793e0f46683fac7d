"""Tests of the index of embedded rows."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from hydro.errors import ResourceError
from hydro.similarity.index import EmbeddingIndex, build_faiss, measure_recall
from hydro.similarity.rows import describe_rows
from hydro.testing import TEXTS

LABELS = ["a", "b", None, "a", "c", "b"]


@pytest.fixture
def build(embed_letters: Any) -> Callable[..., EmbeddingIndex]:
    """Index the texts, the first of which is row 3 of its file."""
    gallery = pd.DataFrame(
        {"text": TEXTS, "label": LABELS}, index=range(3, 3 + len(TEXTS)), dtype="str"
    )

    def make(kind: Any = "exact", threshold: float | None = None) -> EmbeddingIndex:
        return EmbeddingIndex.build(
            embed_letters(gallery),
            describe_rows(gallery, ("text",), ("label",)),
            kind=kind,
            embed=embed_letters,
            threshold=threshold,
        )

    return make


def queries(*texts: str) -> pd.DataFrame:
    """Make a table of queries."""
    return pd.DataFrame({"text": texts}, dtype="str")


def vectors(rows: int, size: int = 16) -> NDArray[np.float32]:
    """Give random vectors of length 1."""
    found = np.random.default_rng(5).normal(size=(rows, size))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("kind", ["exact", "ivf", "hnsw"])
def test_a_row_is_its_own_nearest(kind: str, build: Callable[..., EmbeddingIndex]) -> None:
    for row, (hit, *_) in enumerate(build(kind).search(queries(*TEXTS), 2)):
        assert (hit.row, hit.text, hit.label) == (row + 3, TEXTS[row], LABELS[row])
        assert hit.similarity == pytest.approx(1, abs=1e-5)
        assert hit.same is None


@pytest.mark.parametrize("rows", [3, 40, 700])
@pytest.mark.parametrize("kind", ["exact", "ivf", "hnsw"])
def test_equally_similar_rows_are_found_in_their_order(
    kind: Any, rows: int, embed_letters: Any
) -> None:
    gallery = pd.DataFrame({"text": ["the same"] * rows}, dtype="str")
    index = EmbeddingIndex.build(
        embed_letters(gallery),
        describe_rows(gallery, ("text",), ("label",)),
        kind=kind,
        embed=embed_letters,
        threshold=None,
    )
    # Searched alone, and together with so many others that faiss multiplies matrices.
    for count in (1, 64):
        for hits in index.search(queries(*["the same"] * count), 10):
            found = [hit.row for hit in hits]
            assert len(found) == min(10, rows)
            assert len({hit.similarity for hit in hits}) == 1
            assert found == sorted(found)
            assert kind != "exact" or found == list(range(min(10, rows)))


def test_hits_are_the_nearest_in_order(
    build: Callable[..., EmbeddingIndex], embed_letters: Any
) -> None:
    query = queries("when will my card come")
    (hits,) = build().search(query, 4)
    cosines = (embed_letters(queries(*TEXTS)) @ embed_letters(query).T)[:, 0]
    order = np.argsort(-cosines)[:4]
    assert [hit.row - 3 for hit in hits] == order.tolist()
    assert [hit.similarity for hit in hits] == pytest.approx(cosines[order], abs=1e-5)


def test_there_are_no_more_hits_than_rows(build: Callable[..., EmbeddingIndex]) -> None:
    (hits,) = build().search(queries("card"), 50)
    assert len(hits) == len(TEXTS)


def test_a_hit_is_the_same_from_the_threshold_on(build: Callable[..., EmbeddingIndex]) -> None:
    (hits,) = build(threshold=0.9999).search(queries(TEXTS[1]), 3)
    assert [hit.same for hit in hits] == [hit.similarity >= 0.9999 for hit in hits]
    assert hits[0].same
    assert not hits[2].same


def test_a_hit_at_the_threshold_is_the_same(build: Callable[..., EmbeddingIndex]) -> None:
    (hits,) = build().search(queries("card"), 3)
    (marked,) = build(threshold=hits[1].similarity).search(queries("card"), 3)
    assert [hit.same for hit in marked] == [hit.similarity >= hits[1].similarity for hit in marked]
    assert marked[1].same


def test_a_saved_index_opens_as_it_was(
    build: Callable[..., EmbeddingIndex], embed_letters: Any, tmp_path: Path
) -> None:
    index = build("hnsw", threshold=0.9)
    index.save(tmp_path)
    opened = EmbeddingIndex.open(tmp_path, embed=embed_letters, threshold=0.9)
    found = queries("card", "fee")
    assert opened.search(found, 3) == index.search(found, 3)
    assert opened.facts == index.facts == {"kind": "hnsw", "rows": 6, "recall": 1.0}


@pytest.mark.parametrize("name", ["index.faiss", "texts.parquet", "facts.json"])
def test_a_damaged_index_is_an_error(
    name: str, build: Callable[..., EmbeddingIndex], embed_letters: Any, tmp_path: Path
) -> None:
    build().save(tmp_path)
    for damage in (lambda path: path.write_bytes(b"no"), Path.unlink):
        damage(tmp_path / name)
        with pytest.raises(ResourceError, match="cannot be read"):
            EmbeddingIndex.open(tmp_path, embed=embed_letters, threshold=None)


def test_recall_is_the_share_of_the_nearest_that_is_found() -> None:
    embeddings = vectors(400)
    index: Any = build_faiss(embeddings, "ivf")
    index.nprobe = 1
    rows = np.random.default_rng(0).permutation(400)
    exact = embeddings @ embeddings.T
    np.fill_diagonal(exact, -2)
    shares = []
    for row in rows:
        wanted = set(np.argsort(-exact[row])[:10].tolist())
        _, places = index.search(embeddings[[row]], 11)
        found = [each for each in places[0].tolist() if each not in (row, -1)][:10]
        shares.append(len(wanted & set(found)) / 10)
    measured = measure_recall(index, embeddings)
    assert measured == pytest.approx(np.mean(shares))
    assert measured < 1
    index.nprobe = index.nlist
    assert measure_recall(index, embeddings) == 1


@pytest.mark.parametrize("rows", [1, 2, 40, 3000])
@pytest.mark.parametrize("kind", ["exact", "ivf", "hnsw"])
def test_any_number_of_rows_can_be_indexed(
    kind: Any, rows: int, capfd: pytest.CaptureFixture[str]
) -> None:
    embeddings = vectors(rows, 4)
    index: Any = build_faiss(embeddings, kind)
    assert index.ntotal == rows
    assert measure_recall(index, embeddings) > 0.9
    # faiss warns on standard error where there are too few rows for the cells.
    assert capfd.readouterr() == ("", "")


def test_a_place_that_an_approximate_index_leaves_empty_is_no_hit(
    build: Callable[..., EmbeddingIndex],
) -> None:
    class Sparse:
        def search(self, vectors: Any, k: int) -> Any:
            return np.array([[0.5, 0.25, -1.0]], np.float32), np.array([[2, 0, -1]])

    index = dataclasses.replace(build(), index=Sparse())
    assert [hit.row for hit in index.search(queries("card"), 3)[0]] == [5, 3]

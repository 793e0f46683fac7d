"""An index finds the nearest texts, exactly or nearly, and opens as it was saved."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from hydro.errors import ResourceError
from hydro.testing import TEXTS
from hydro_text_metric_learning.index import TextIndex, build_faiss, measure_recall
from hydro_text_metric_learning.trained import TrainedEncoder

LABELS = ["a", "b", None, "a", "c", "b"]


def build(model: TrainedEncoder, kind: str = "exact") -> TextIndex:
    """Index the texts, the first of which is row 3 of its file."""
    gallery = pd.DataFrame(
        {"text": TEXTS, "label": LABELS}, index=range(3, 3 + len(TEXTS)), dtype="str"
    )
    asked: Any = {"autocast": nullcontext, "watch": lambda rows: None}
    return TextIndex.build(model, gallery, targets=("label",), kind=kind, **asked)


def queries(*texts: str) -> pd.DataFrame:
    """Make a table of queries."""
    return pd.DataFrame({"text": texts}, dtype="str")


def vectors(rows: int, size: int = 16) -> NDArray[np.float32]:
    """Give random vectors of length 1."""
    found = np.random.default_rng(5).normal(size=(rows, size))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("kind", ["exact", "ivf", "hnsw"])
def test_a_text_is_its_own_nearest(kind: str, model: TrainedEncoder) -> None:
    for row, (hit, *_) in enumerate(build(model, kind).search(queries(*TEXTS), 2)):
        assert (hit.row, hit.text, hit.label) == (row + 3, TEXTS[row], LABELS[row])
        assert hit.similarity == pytest.approx(1, abs=1e-5)
        assert hit.same is None


def test_hits_are_the_nearest_in_order(model: TrainedEncoder) -> None:
    index = build(model)
    (hits,) = index.search(queries("when will my card come"), 4)
    query = model.embed([["when will my card come"]])
    cosines = (model.embed([list(TEXTS)]) @ query.T)[:, 0]
    order = np.argsort(-cosines)[:4]
    assert [hit.row - 3 for hit in hits] == order.tolist()
    assert [hit.similarity for hit in hits] == pytest.approx(cosines[order], abs=1e-5)


def test_there_are_no_more_hits_than_texts(model: TrainedEncoder) -> None:
    (hits,) = build(model).search(queries("card"), 50)
    assert len(hits) == len(TEXTS)


def test_what_is_similar_enough_is_marked(model: TrainedEncoder) -> None:
    (hits,) = build(replace(model, threshold=0.9999)).search(queries(TEXTS[1]), 3)
    assert [hit.same for hit in hits] == [hit.similarity >= 0.9999 for hit in hits]
    assert hits[0].same
    assert not hits[2].same


def test_what_was_saved_opens(model: TrainedEncoder, tmp_path: Path) -> None:
    model = replace(model, threshold=0.9)
    index = build(model, "hnsw")
    index.save(tmp_path)
    opened = TextIndex.open(tmp_path, model, autocast=nullcontext)
    asked = queries("card", "fee")
    assert opened.search(asked, 3) == index.search(asked, 3)
    assert opened.facts == index.facts == {"kind": "hnsw", "rows": 6, "recall": 1.0}


@pytest.mark.parametrize("name", ["index.faiss", "texts.parquet", "facts.json"])
def test_a_damaged_index_is_an_error(name: str, model: TrainedEncoder, tmp_path: Path) -> None:
    build(model).save(tmp_path)
    for damage in (lambda path: path.write_bytes(b"no"), Path.unlink):
        damage(tmp_path / name)
        with pytest.raises(ResourceError, match="cannot be read"):
            TextIndex.open(tmp_path, model, autocast=nullcontext)


def test_recall_is_the_share_of_the_nearest_that_is_found() -> None:
    embeddings = vectors(400)
    index = build_faiss(embeddings, "ivf")
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
    kind: str, rows: int, capfd: pytest.CaptureFixture[str]
) -> None:
    embeddings = vectors(rows, 4)
    index = build_faiss(embeddings, kind)
    assert index.ntotal == rows
    assert measure_recall(index, embeddings) > 0.9
    # faiss warns on standard error where there are too few rows for the cells.
    assert capfd.readouterr() == ("", "")

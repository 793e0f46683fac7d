"""Tests of searching a gallery for the rows of a table."""

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hydro.plugins.metrics import MeanMetric
from hydro.plugins.retrieval import vote
from hydro.similarity.retrieval import GalleryPredictions, retrieve
from hydro.similarity.retrieval_metrics import METRICS
from hydro.similarity.rows import join_labels
from hydro.testing import TEXTS


def table(texts: Any, first: int = 0, **columns: Any) -> pd.DataFrame:
    """Make rows that stand at these places of their file."""
    index = range(first, first + len(texts))
    return pd.DataFrame({"text": list(texts), **columns}, index=index, dtype="str")


Search = Callable[..., GalleryPredictions]


@pytest.fixture
def search(embed_letters: Any) -> Search:
    """Retrieve the three nearest rows."""

    def find(
        frame: pd.DataFrame, gallery: pd.DataFrame | None, threshold: float | None = None
    ) -> GalleryPredictions:
        return retrieve(
            embed_letters,
            frame,
            gallery,
            targets=("label",),
            metrics={name: MeanMetric(make(3)) for name, make in METRICS.items()},
            top_k=3,
            threshold=threshold,
        )

    return find


def test_rows_are_compared_with_each_other_but_not_with_themselves(search: Search) -> None:
    found = search(table(TEXTS, first=10), None)
    assert found.neighbors.shape == (6, 3)
    assert all(row not in near for row, near in enumerate(found.neighbors.tolist()))
    cosines = found.embeddings @ found.embeddings.T
    np.fill_diagonal(cosines, -2)
    np.testing.assert_array_equal(found.neighbors[:, 0], cosines.argmax(axis=1))
    listed = [json.loads(each) for each in found.columns(np.arange(10, 16))["neighbours"]]
    assert listed == (found.neighbors + 10).tolist()


def test_a_gallery_is_named_by_its_own_rows_and_labels(search: Search) -> None:
    gallery = table(TEXTS[:4], first=40, label=["a", "b", None, "a"])
    found = search(table([TEXTS[2], TEXTS[0]]), gallery)
    columns = found.columns(np.arange(2))
    assert [json.loads(each)[0] for each in columns["neighbours"]] == [42, 40]
    assert [json.loads(each)[0] for each in columns["neighbour_labels"]] == [None, "a"]
    assert json.loads(columns["similarities"][0])[0] == pytest.approx(1, abs=1e-5)
    assert found.arrays()["gallery_rows"].tolist() == [40, 41, 42, 43]
    assert "mAP" not in columns
    assert "same" not in columns


def test_the_nearest_rows_vote_for_a_label(search: Search) -> None:
    gallery = table(TEXTS, label=["a", "b", "a", "b", None, "c"])
    own = ["a", "c", None]
    found = search(table([TEXTS[0], TEXTS[1], TEXTS[4]], label=own), gallery)
    columns = found.columns(np.arange(3))
    for row in range(3):
        near, cosines = found.neighbors[row], found.similarities[row]
        expected = vote(
            zip(join_labels(gallery.iloc[near], ["label"]), cosines.tolist(), strict=True)
        )
        assert columns["predicted_label"][row] == expected.label
        assert columns["confidence"][row] == pytest.approx(expected.confidence, abs=1e-6)
    right = [columns["predicted_label"][row] == own[row] for row in range(2)]
    np.testing.assert_array_equal(found.more_scores()["accuracy"], [*right, np.nan])


def test_not_more_than_five_rows_vote(search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    gallery = table(["a", *["ab"] * 9], label=["x", *["y"] * 9])
    found = dataclasses.replace(
        search(table(["a"]), gallery),
        neighbors=np.arange(10)[None],
        similarities=np.array([[1.0, 0.25, 0.25, 0.25, 0.125, *[0.25] * 5]], np.float32),
    )
    assert found.columns(np.arange(1))["predicted_label"] == ["x"]
    assert found.columns(np.arange(1))["confidence"] == [pytest.approx(1 / 1.875, abs=1e-6)]


def test_a_label_of_another_class_than_the_gallery_has_is_wrong(search: Search) -> None:
    found = search(table([TEXTS[0]], label=["new"]), table(TEXTS, label=list("abcabc")))
    assert found.more_scores()["accuracy"].tolist() == [0]


def test_without_labels_in_the_gallery_none_is_predicted(search: Search) -> None:
    found = search(table(TEXTS[:2], label=["a", "a"]), table(TEXTS))
    assert "predicted_label" not in found.columns(np.arange(2))
    assert found.more_scores() == {}


def test_labels_of_both_tables_are_scored(search: Search) -> None:
    gallery = table(TEXTS, label=["a", "b", "a", "b", "a", "c"])
    found = search(table([TEXTS[0], TEXTS[1], "x"], label=["a", "new", None]), gallery)
    # The first query finds itself first; nothing in the gallery is of the second's class.
    assert found.values["Precision@1"][0] == 1
    assert np.isnan(found.values["Precision@1"][1:]).all()
    assert "mAP" in found.columns(np.arange(3))


def test_labels_of_the_queries_alone_score_nothing(search: Search) -> None:
    found = search(table(TEXTS[:2], label=["a", "a"]), table(TEXTS))
    assert not found.defined("mAP").any()


def test_a_neighbor_is_the_same_from_the_threshold_on(search: Search) -> None:
    found = search(table(TEXTS), None)
    middle = float(np.median(found.similarities))
    marked = search(table(TEXTS), None, middle)
    same = np.array([json.loads(each) for each in marked.columns(np.arange(6))["same"]])
    np.testing.assert_array_equal(same, found.similarities >= middle)
    assert same.any()
    assert not same.all()

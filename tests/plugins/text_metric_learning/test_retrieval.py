"""New rows are given the most similar rows of a gallery, by their number in its file."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from hydro.similarity.retrieval_metrics import METRICS
from hydro.testing import TEXTS
from hydro.training.precision import Precision
from hydro_text_metric_learning.retrieval import GalleryPredictions, joined_labels, retrieve
from hydro_text_metric_learning.trained import TrainedEncoder

CPU = Precision(torch.device("cpu"), None, None)


def table(texts: Any, first: int = 0, **columns: Any) -> pd.DataFrame:
    """Make rows that stand at these places of their file."""
    index = range(first, first + len(texts))
    return pd.DataFrame({"text": list(texts), **columns}, index=index, dtype="str")


def ask(
    model: TrainedEncoder, frame: pd.DataFrame, gallery: pd.DataFrame | None
) -> GalleryPredictions:
    """Retrieve the three nearest rows."""
    asked: dict[str, Any] = {
        "targets": ("label",),
        "metrics": {name: make(3) for name, make in METRICS.items()},
        "top_k": 3,
        "precision": CPU,
        "watch": lambda rows: None,
    }
    return retrieve(model, frame, gallery, **asked)


def test_rows_are_compared_with_each_other_but_not_with_themselves(model: TrainedEncoder) -> None:
    found = ask(model, table(TEXTS, first=10), None)
    assert found.neighbors.shape == (6, 3)
    assert all(row not in near for row, near in enumerate(found.neighbors.tolist()))
    cosines = found.embeddings @ found.embeddings.T
    np.fill_diagonal(cosines, -2)
    np.testing.assert_array_equal(found.neighbors[:, 0], cosines.argmax(axis=1))
    listed = [json.loads(each) for each in found.columns(np.arange(10, 16))["neighbours"]]
    assert listed == (found.neighbors + 10).tolist()


def test_a_gallery_is_named_by_its_own_rows_and_labels(model: TrainedEncoder) -> None:
    gallery = table(TEXTS[:4], first=40, label=["a", "b", None, "a"])
    found = ask(model, table([TEXTS[2], TEXTS[0]]), gallery)
    columns = found.columns(np.arange(2))
    assert [json.loads(each)[0] for each in columns["neighbours"]] == [42, 40]
    assert [json.loads(each)[0] for each in columns["neighbour_labels"]] == [None, "a"]
    assert json.loads(columns["similarities"][0])[0] == pytest.approx(1, abs=1e-5)
    assert found.arrays()["gallery_rows"].tolist() == [40, 41, 42, 43]
    assert "mAP" not in columns
    assert "same" not in columns


def test_labels_of_both_tables_are_scored(model: TrainedEncoder) -> None:
    gallery = table(TEXTS, label=["a", "b", "a", "b", "a", "c"])
    found = ask(model, table([TEXTS[0], TEXTS[1], "x"], label=["a", "new", None]), gallery)
    # The first query finds itself first; nothing in the gallery is of the second's class.
    assert found.values["Precision@1"][0] == 1
    assert np.isnan(found.values["Precision@1"][1:]).all()
    assert "mAP" in found.columns(np.arange(3))


def test_labels_of_the_queries_alone_score_nothing(model: TrainedEncoder) -> None:
    found = ask(model, table(TEXTS[:2], label=["a", "a"]), table(TEXTS))
    assert not found.defined("mAP").any()


def test_what_is_similar_enough_is_marked(model: TrainedEncoder) -> None:
    found = ask(model, table(TEXTS), None)
    middle = float(np.median(found.similarities))
    marked = ask(replace(model, threshold=middle), table(TEXTS), None)
    same = np.array([json.loads(each) for each in marked.columns(np.arange(6))["same"]])
    np.testing.assert_array_equal(same, found.similarities >= middle)
    assert same.any()
    assert not same.all()


def test_labels_are_joined_where_all_are_there() -> None:
    frame = table(TEXTS[:2], a=["x", "y"], b=["1", None])
    assert joined_labels(frame, ("a", "b")) == ["x | 1", None]
    assert joined_labels(frame, ("a", "none")) == [None, None]

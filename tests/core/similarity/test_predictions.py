"""Predictions of a split: neighbors, scores of every row, and what is written of them."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from hydro.plugins.metrics import MeanMetric
from hydro.similarity.predictions import RetrievalPredictions, score_neighbors
from hydro.similarity.retrieval_metrics import METRICS

ANGLES = np.radians([0, 10, 30, 80, 95, 180])
CIRCLE = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1).astype(np.float32)
CLASSES = np.array([0, 0, 1, 1, 2, -1])


@pytest.fixture
def neighborhood() -> RetrievalPredictions:
    metrics = {name: MeanMetric(METRICS[name](3)) for name in ("mAP", "Precision@1")}
    return score_neighbors(CIRCLE, CLASSES, metrics=metrics, top_k=3)


def test_rows_are_scored_each_and_together(neighborhood: RetrievalPredictions) -> None:
    nan = float("nan")
    assert neighborhood.neighbors[0].tolist() == [1, 2, 3]
    assert neighborhood.neighbors[5].tolist() == [4, 3, 2]
    np.testing.assert_array_equal(neighborhood.values["Precision@1"], [1, 1, 0, 0, nan, nan])
    np.testing.assert_allclose(neighborhood.values["mAP"], [1, 1, 1 / 3, 1 / 2, nan, nan])


def test_a_split_without_two_rows_of_a_class_has_no_score() -> None:
    metrics = {"mAP": MeanMetric(METRICS["mAP"](3))}
    alone = score_neighbors(CIRCLE, np.arange(6), metrics=metrics, top_k=3)
    assert not alone.defined("mAP").any()


def test_a_split_without_labels_has_neighbors_all_the_same() -> None:
    blank = score_neighbors(CIRCLE, np.full(6, -1), metrics={}, top_k=2)
    assert blank.neighbors.shape == (6, 2)
    assert blank.values == {}


def test_the_arrays_are_all_that_was_predicted(neighborhood: RetrievalPredictions) -> None:
    arrays: dict[str, NDArray[np.generic]] = neighborhood.arrays()
    assert {name: (array.dtype.name, array.shape) for name, array in arrays.items()} == {
        "embeddings": ("float32", (6, 2)),
        "neighbours": ("int64", (6, 3)),
        "similarities": ("float32", (6, 3)),
        "classes": ("int64", (6,)),
    }


def test_the_columns_have_one_readable_cell_a_row(neighborhood: RetrievalPredictions) -> None:
    columns = neighborhood.columns(np.arange(10, 16))
    assert list(columns) == ["neighbours", "similarities", "mAP", "Precision@1"]
    assert {len(column) for column in columns.values()} == {6}
    assert columns["neighbours"][0] == "[11, 12, 13]"
    assert columns["similarities"][0] == "[0.984808, 0.866025, 0.173648]"
    assert columns["Precision@1"][:2] == [1.0, 1.0]


def test_the_columns_show_ten_neighbors_at_most() -> None:
    embeddings = np.eye(20, dtype=np.float32)
    many = score_neighbors(embeddings, np.zeros(20, dtype=np.int64), metrics={}, top_k=15)
    assert many.neighbors.shape == (20, 15)
    assert json.loads(str(many.columns(np.arange(20))["neighbours"][0])) == list(range(1, 11))


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_fewer_rows_than_neighbors_are_noted_once(
    rows: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="hydro")
    for _ in range(2):
        few = score_neighbors(CIRCLE[:rows], CLASSES[:rows], metrics={}, top_k=777)
        assert few.neighbors.shape == (rows, rows - 1)
    assert [
        f"of {rows} rows each has only {rows - 1} others" in text for text in caplog.messages
    ] == [True]

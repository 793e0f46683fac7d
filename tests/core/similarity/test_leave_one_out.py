"""What a score owes to each row, against removing the row and searching again."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hydro.plugins.metrics import MeanMetric
from hydro.similarity import leave_one_out
from hydro.similarity.predictions import RetrievalPredictions, score_neighbors
from hydro.similarity.retrieval_metrics import METRICS

CLASSES = {
    "few large": np.repeat([0, 1, 2], [9, 8, 7]),
    "pairs and singles": np.r_[np.repeat(np.arange(8), 2), np.arange(8, 14)],
    "long tail, some without a class": np.r_[np.repeat([0, 1, 2, 3], [11, 4, 2, 1]), [-1] * 5],
    "one class": np.zeros(12, dtype=np.int64),
    "one pair": np.array([0, 0, 1, 2, 3]),
}


def searched(classes: NDArray[np.int64], top_k: int, seed: int = 0) -> RetrievalPredictions:
    """Search rows near the mean of their class among each other."""
    generator = np.random.default_rng(seed)
    centers = np.random.default_rng(1).normal(size=(classes.max() + 2, 8))
    points = centers[classes] + generator.normal(size=(len(classes), 8))
    return again(points / np.linalg.norm(points, axis=1, keepdims=True), classes, top_k)


def again(
    points: NDArray[np.float64], classes: NDArray[np.int64], top_k: int
) -> RetrievalPredictions:
    metrics = {name: MeanMetric(make(top_k)) for name, make in METRICS.items()}
    return score_neighbors(points.astype(np.float32), classes, metrics=metrics, top_k=top_k)


def mean(values: NDArray[np.float64]) -> float:
    """Compute the mean of what is defined; 0 for nothing."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else 0.0


@pytest.mark.parametrize("top_k", [3, 50])
@pytest.mark.parametrize("classes", CLASSES.values(), ids=CLASSES)
def test_a_score_without_a_row_is_that_of_a_search_without_it(
    classes: NDArray[np.int64], top_k: int
) -> None:
    found = searched(classes, top_k)
    for name in METRICS:
        if name == "MRR" and top_k == 3:
            continue  # a second hit may lie behind the ranks that are kept
        expected = []
        for row in range(len(classes)):
            others = np.arange(len(classes)) != row
            left = again(found.embeddings[others], classes[others], top_k)
            expected.append(mean(left.values[name]) - mean(found.values[name]))
        if np.isnan(found.values[name]).sum() == len(classes) - 2:
            continue  # without one of the only pair there is no score
        np.testing.assert_allclose(found.leave_one_out[name][:, 0], expected, atol=1e-12)


@pytest.mark.parametrize("classes", CLASSES.values(), ids=CLASSES)
def test_pairs_are_summed_with_the_signs_of_their_rows(classes: NDArray[np.int64]) -> None:
    found = searched(classes, 50)
    rows = len(classes)
    signs = np.random.default_rng(0).choice([-1.0, 1.0], rows)
    for name in METRICS:
        values = found.values[name]
        effects = np.zeros((rows, rows))
        for row in range(rows):
            others = np.arange(rows) != row
            left = again(found.embeddings[others], classes[others], 50).values[name]
            # A query that has no value any more leaves the mean.
            changed = np.where(np.isnan(left), mean(values), left) - values[others]
            effects[others, row] = np.where(np.isnan(values[others]), 0, changed)
        expected = effects @ signs / (~np.isnan(values)).sum()
        np.testing.assert_allclose(found.leave_one_out[name][:, 1], expected, atol=1e-12)


def test_blocks_and_parts_of_them_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    classes = CLASSES["few large"]
    expected = searched(classes, 50).leave_one_out
    monkeypatch.setattr(leave_one_out, "PLACES_AT_A_TIME", 50)
    for name, each in searched(classes, 50).leave_one_out.items():
        np.testing.assert_allclose(each, expected[name], atol=1e-15)


def test_a_sample_of_queries_has_the_same_variance_on_average(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    classes = np.repeat(np.arange(20), 15)

    def variances(name: str) -> list[float]:
        found = [searched(classes, 50, seed).leave_one_out[name] for seed in range(12)]
        return [float(each[:, 0].var() * len(each) - (each[:, 1] ** 2).sum()) for each in found]

    for name in ("mAP", "Precision@1"):
        monkeypatch.setattr(leave_one_out, "MAX_QUERIES", 50_000)
        whole = np.mean(variances(name))
        monkeypatch.setattr(leave_one_out, "MAX_QUERIES", 100)
        assert np.mean(variances(name)) == pytest.approx(whole, rel=0.25)


def test_a_gallery_leaves_queries_independent() -> None:
    points = np.eye(4, dtype=np.float32)
    metrics = {"mAP": MeanMetric(METRICS["mAP"](3))}
    classes = np.arange(4)
    found = score_neighbors(
        points, classes, metrics=metrics, top_k=3, gallery=points, gallery_classes=classes
    )
    assert found.leave_one_out == {}
    other = {"own": MeanMetric(lambda ranking: ranking.hits[:, 0].astype(float))}
    assert score_neighbors(points, classes, metrics=other, top_k=3).leave_one_out == {}

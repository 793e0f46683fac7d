"""The neighbors of a row vote for a label."""

import numpy as np
import pytest

from hydro.plugins.retrieval import Hit, Vote, vote, vote_of_hits


@pytest.mark.parametrize(
    ("neighbors", "label", "confidence"),
    [
        ([], None, None),
        ([(None, 0.9)], None, None),
        ([("a", 0.9)], "a", 1),
        ([("a", 0.9), ("b", 0.5), ("b", 0.5)], "b", 1 / 1.9),
        ([("a", 0.9), ("b", 0.5), ("b", 0.3)], "a", 0.9 / 1.7),
        # Neighbors without a label do not vote.
        ([(None, 0.9), ("b", 0.5), ("a", 0.25)], "b", 2 / 3),
        # Of equal sums that of the nearest row, in whatever order the labels sort.
        ([("b", 0.5), ("a", 0.5)], "b", 0.5),
        ([("a", 0.5), ("b", 0.5)], "a", 0.5),
        ([("c", 0.75), ("b", 0.5), ("b", 0.25)], "c", 0.5),
        # What points away has no vote, but is the nearest where nothing else is.
        ([("a", 0.1), ("b", -0.9)], "a", 1),
        ([("a", -0.1), ("b", -0.2)], "a", 0),
        ([("a", 0.0)], "a", 0),
    ],
)
def test_a_label_is_predicted_by_the_sum_of_similarities(
    neighbors: list[tuple[str | None, float]], label: str | None, confidence: float | None
) -> None:
    found = vote(neighbors)
    assert found.label == label
    assert found.confidence == (None if confidence is None else pytest.approx(confidence))
    hits = [Hit(0, similarity, "", name, None) for name, similarity in neighbors]
    assert vote_of_hits(hits) == found


def test_confidences_are_the_probabilities_of_scikit_learn() -> None:
    neighbors = pytest.importorskip("sklearn.neighbors")
    chance = np.random.default_rng(0)
    gallery, queries = np.abs(chance.normal(size=(60, 4))), np.abs(chance.normal(size=(40, 4)))
    labels = chance.choice(["a", "b", "c"], 60)
    peer = neighbors.KNeighborsClassifier(5, metric="cosine", weights=lambda found: 1 - found)
    peer.fit(gallery, labels)

    def unit(rows: np.ndarray) -> np.ndarray:
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    cosines = unit(queries) @ unit(gallery).T
    for query, expected in zip(cosines, peer.predict_proba(queries), strict=True):
        nearest = np.argsort(-query)[:5]
        found = vote(zip(labels[nearest].tolist(), query[nearest].tolist(), strict=True))
        assert found.label == peer.classes_[expected.argmax()]
        assert found.confidence == pytest.approx(expected.max())
    assert Vote("a", 1.0) == vote([("a", 1.0)])

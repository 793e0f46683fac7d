"""Predictions of classes and of numbers."""

import numpy as np

from hydro.data.labels import Labels
from hydro.supervised.metrics import METRICS
from hydro.supervised.predictions import predict_classes, predict_numbers
from hydro.supervised.targets import Numbers

ROWS = np.arange(2)


def test_logits_become_probabilities_and_names() -> None:
    logits = np.log(np.array([[0.9, 0.1], [0.2, 0.8]], np.float32)) + 1000
    labels = Labels(("kind", "tone"), (("a", "x"), ("b", "y")))
    found = predict_classes(
        logits, np.array([0, 0]), labels=labels, metrics={"Accuracy": METRICS["Accuracy"]}
    )
    np.testing.assert_allclose(found.arrays()["probabilities"], [[0.9, 0.1], [0.2, 0.8]], 1e-3)
    columns = found.columns(ROWS)
    assert (columns["predicted_kind"], columns["predicted_tone"]) == (["a", "b"], ["x", "y"])
    np.testing.assert_allclose(columns["probability"], [0.9, 0.8], 1e-3)
    assert found.values["Accuracy"].tolist() == [1, 0]


def test_numbers_are_a_column_each() -> None:
    targets = Numbers(("a", "b"), (0, 0), (1, 1))
    numbers, truth = np.float32([[1, 2], [3, 4]]), np.float32([[1, 0], [0, 4]])
    found = predict_numbers(numbers, truth, targets=targets, metrics={"MAE": METRICS["MAE"]})
    assert found.columns(ROWS) == {"predicted_a": [1, 3], "predicted_b": [2, 4]}
    assert found.values["MAE"].tolist() == [1, 1.5]

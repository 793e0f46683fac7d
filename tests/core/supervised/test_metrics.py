"""Metrics of classes and numbers, against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn import metrics as sk

from hydro.plugins.predictions import defined_rows
from hydro.supervised.metrics import METRICS, ClassOutputs, NumberOutputs


def class_outputs(classes: int, rows: int = 60, seed: int = 0) -> ClassOutputs:
    """Probabilities with ties, somewhat better than chance."""
    random = np.random.default_rng(seed)
    true = random.integers(0, classes, rows)
    scores = random.random((rows, classes)) + 0.5 * np.eye(classes)[true]
    probabilities = (scores / scores.sum(axis=1, keepdims=True)).round(1) + 0.01
    return ClassOutputs(probabilities / probabilities.sum(axis=1, keepdims=True), true)


@pytest.mark.parametrize("classes", [2, 5])
def test_scores_of_classes_are_those_of_scikit_learn(classes: int) -> None:
    outputs = class_outputs(classes)
    probabilities, true = outputs
    predicted = probabilities.argmax(axis=1)
    scores = probabilities[:, 1] if classes == 2 else probabilities
    expected = {
        "Accuracy": sk.accuracy_score(true, predicted),
        "F1 macro": sk.f1_score(true, predicted, average="macro"),
        "F1 micro": sk.f1_score(true, predicted, average="micro"),
        "ROC AUC": sk.roc_auc_score(true, scores, multi_class="ovr"),
        "Log loss": sk.log_loss(true, probabilities),
    }
    for name, value in expected.items():
        metric = METRICS[name]
        assert metric.score(metric.contributions(outputs)) == pytest.approx(value), name


@pytest.mark.parametrize("columns", [1, 3])
def test_scores_of_numbers_are_those_of_scikit_learn(columns: int) -> None:
    random = np.random.default_rng(1)
    targets = random.normal(3, [[1, 5, 20][:columns]], (50, columns))
    numbers = targets + random.normal(0, 1, targets.shape)
    outputs = NumberOutputs(numbers[:, 0], targets[:, 0]) if columns == 1 else (numbers, targets)
    expected = {
        "RMSE": sk.root_mean_squared_error(targets, numbers),
        "MAE": sk.mean_absolute_error(targets, numbers),
        "R2": sk.r2_score(targets, numbers),
    }
    for name, value in expected.items():
        metric = METRICS[name]
        contributions = metric.contributions(NumberOutputs(*outputs))
        assert metric.score(contributions) == pytest.approx(value), name


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("name", ["F1 macro", "F1 micro", "ROC AUC"])
def test_the_change_on_a_resample_is_that_of_the_scores_of_its_rows(
    name: str, classes: int
) -> None:
    metric = METRICS[name]
    before = metric.contributions(class_outputs(classes))
    worse = class_outputs(classes)._replace(
        probabilities=class_outputs(classes, seed=1).probabilities
    )
    after = metric.contributions(worse)
    change = metric.change(before, after)
    random = np.random.default_rng(2)
    for size in (60, 60, 5):
        rows = random.integers(0, 60, size)
        expected = metric.score(after[rows]) - metric.score(before[rows])
        assert change(rows) == pytest.approx(expected, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("name", ["Accuracy", "F1 macro", "F1 micro", "ROC AUC", "Log loss"])
def test_rows_of_no_class_of_training_are_left_out(name: str) -> None:
    outputs = class_outputs(3)
    true = outputs.classes.copy()
    true[[0, 7]] = -1, 3
    metric = METRICS[name]
    contributions = metric.contributions(outputs._replace(classes=true))
    left = np.delete(np.arange(60), [0, 7])
    assert np.flatnonzero(~defined_rows(contributions)).tolist() == [0, 7]
    kept = ClassOutputs(outputs.probabilities[left], true[left])
    assert metric.score(contributions[left]) == metric.score(metric.contributions(kept))


@pytest.mark.parametrize("name", ["RMSE", "MAE", "R2"])
def test_rows_without_a_number_are_left_out(name: str) -> None:
    outputs = NumberOutputs(np.array([1.0, 2, 3]), np.array([1.0, np.nan, 5]))
    assert defined_rows(METRICS[name].contributions(outputs)).tolist() == [True, False, True]


def test_rows_of_one_class_have_no_roc_auc() -> None:
    metric = METRICS["ROC AUC"]
    contributions = metric.contributions(class_outputs(2))
    rows = np.flatnonzero(contributions[:, -1] == 1)
    assert np.isnan(metric.score(contributions[rows]))
    assert np.isnan(metric.change(contributions, contributions)(rows))


@pytest.mark.parametrize(("name", "expected"), [("RMSE", 10**0.5), ("MAE", 3), ("R2", -1.5)])
def test_errors_of_2_and_4_on_targets_1_and_5_by_hand(name: str, expected: float) -> None:
    metric = METRICS[name]
    outputs = NumberOutputs(np.array([3.0, 9.0]), np.array([1.0, 5.0]))
    assert metric.score(metric.contributions(outputs)) == pytest.approx(expected)


@pytest.mark.parametrize("error", [0.0, 0.5])
def test_r2_of_a_column_of_equal_targets_is_that_of_scikit_learn(error: float) -> None:
    targets = np.array([[1.0, 2], [1, 4], [1, 9]])
    numbers = targets + np.array([error, 1])
    contributions = METRICS["R2"].contributions(NumberOutputs(numbers, targets))
    assert METRICS["R2"].score(contributions) == pytest.approx(sk.r2_score(targets, numbers))

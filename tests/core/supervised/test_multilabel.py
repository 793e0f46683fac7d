"""Several labels a row: targets, loss, metrics against scikit-learn, predictions."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import metrics as sk

from hydro.errors import DataError
from hydro.plugins.predictions import defined_rows
from hydro.supervised import (
    ClassHead,
    MultilabelOutputs,
    Multilabels,
    multilabel_losses,
    multilabel_metrics,
    predict_multilabels,
)
from hydro.supervised.multilabel import METRICS

NAN = float("nan")


def test_the_labels_of_a_cell_are_encoded_and_unknown_ones_left_out() -> None:
    frame = pd.DataFrame({"tags": ["card; urgent", "card", " ;", None, "urgent;card;card"]})
    targets = Multilabels.of(frame, ["tags"], separator=";")
    assert (targets.labels, targets.counts()) == (("card", "urgent"), {"training_labels": 2})
    expected = [[1, 1], [1, 0], [0, 0], [NAN, NAN], [1, 1]]
    np.testing.assert_array_equal(targets.encode(frame), np.array(expected, np.float32))
    others = pd.DataFrame({"tags": ["pin;urgent", "pin"]})
    np.testing.assert_array_equal(targets.encode(others), [[0, 1], [0, 0]])
    assert np.isnan(targets.encode(pd.DataFrame({"text": ["a"]}))).all()


def test_columns_of_0_and_1_are_labels_but_for_those_that_no_row_has() -> None:
    frame = pd.DataFrame({"a": ["1", "0", None], "b": ["0.0", "0", "0"], "c": ["1", "1.0", "0"]})
    targets = Multilabels.of(frame, ["a", "b", "c"])
    assert targets.labels == ("a", "c")
    np.testing.assert_array_equal(targets.encode(frame), [[1, 1], [0, 1], [NAN, 0]])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["1", "2"], r"row 8, column 'a': '2' is neither 0 nor 1\. .* needs the separator"),
        (["1", "card;pin"], "row 8, column 'a': 'card;pin' is not a finite number"),
        (["0", None], "no training row has a label in 'a'"),
    ],
)
def test_other_values_are_refused_with_their_place(values: list[Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        Multilabels.of(pd.DataFrame({"a": values}, index=[4, 8]), ["a"])


def outputs(labels: int) -> MultilabelOutputs:
    """Probabilities with ties, better than chance."""
    random = np.random.default_rng(labels)
    truth = (random.random((50, labels)) < 0.3).astype(float)
    return MultilabelOutputs((0.3 * truth + 0.65 * random.random((50, labels))).round(1), truth)


@pytest.mark.parametrize("labels", [1, 4])
def test_scores_are_those_of_scikit_learn(labels: int) -> None:
    probabilities, truth = outputs(labels)
    predicted = probabilities >= 0.5
    single = {"average": "binary"} if labels == 1 else {}
    expected = {
        "F1 macro": sk.f1_score(truth, predicted, **{"average": "macro", **single}),
        "F1 micro": sk.f1_score(truth, predicted, **{"average": "micro", **single}),
        "ROC AUC": sk.roc_auc_score(truth, probabilities, average="macro"),
        "Average precision": sk.average_precision_score(truth, probabilities, average="macro"),
        "Log loss": sk.log_loss(truth.ravel(), probabilities.ravel()),
    }
    assert expected.keys() == METRICS.keys()
    assert [each.name for each in multilabel_metrics("x")] == [*METRICS]
    for name, value in expected.items():
        contributions = METRICS[name].contributions(MultilabelOutputs(probabilities, truth))
        assert METRICS[name].score(contributions) == pytest.approx(value), name


@pytest.mark.parametrize("name", METRICS)
def test_rows_without_truth_and_labels_that_do_not_vary_do_not_count(name: str) -> None:
    given = outputs(3)
    truth = np.column_stack([given.truth, np.zeros(50)])
    probabilities = np.column_stack([given.probabilities, np.full(50, 0.1)])
    truth[7, 1] = NAN
    contributions = METRICS[name].contributions(MultilabelOutputs(probabilities, truth))
    defined = defined_rows(contributions)
    assert np.flatnonzero(~defined).tolist() == [7]
    if name != "Log loss":
        fewer = MultilabelOutputs(given.probabilities[defined], given.truth[defined])
        expected = METRICS[name].score(METRICS[name].contributions(fewer))
        assert METRICS[name].score(contributions[defined]) == pytest.approx(expected)
        nothing = MultilabelOutputs(np.zeros((2, 2)), np.zeros((2, 2)))
        assert np.isnan(METRICS[name].score(METRICS[name].contributions(nothing)))


def test_a_head_learns_labels_by_the_loss_and_predicts_their_probabilities() -> None:
    frame = pd.DataFrame({"tags": ["a", "a;b", "b", " ;"] * 4})
    targets = Multilabels.of(frame, ["tags"], separator=";")
    truth = targets.encode(frame)
    inputs = torch.tensor(truth[:, ::-1].copy()) - 0.5
    (offered,) = multilabel_losses("x")
    head = ClassHead(2, len(targets))
    loss = offered.build(None, model=head, targets=targets)
    # The mean over rows and labels of equally probable answers.
    assert loss(head(inputs), torch.tensor(truth)).item() == pytest.approx(np.log(2))
    optimizer = torch.optim.Adam(head.parameters(), lr=0.3)
    for _ in range(50):
        optimizer.zero_grad()
        loss(head(inputs), torch.tensor(truth)).backward()
        optimizer.step()
    found = predict_multilabels(
        head(inputs).detach().numpy(), truth, targets=targets, metrics=METRICS
    )
    assert METRICS["F1 micro"].score(found.values["F1 micro"]) == 1
    assert [*found.columns(np.arange(16))] == ["probability_a", "probability_b"]
    assert (found.arrays()["probabilities"].round() == truth).all()

"""Classes taken for each other."""

from collections.abc import Callable
from typing import Any

import numpy as np

from hydro.similarity.insights.confusion import confusion


def test_pairs_of_classes_are_counted_by_the_nearest_neighbor(
    circle: Callable[..., Any], shown: Callable[..., Any]
) -> None:
    # Nearest: 0 to 1 and back, 90 to 91 and back, 180 to 182 and back.
    classes = [0, 1, 0, 1, 2, 2]
    found = confusion(circle([0, 1, 90, 91, 180, 182], classes), shown(classes))
    pairs = found.table.set_index(["class", "nearest_class"])
    assert pairs["rows"].to_dict() == {("c0", "c1"): 2, ("c1", "c0"): 2}
    assert pairs["share"].tolist() == [1, 1]
    assert pairs["nearest_text"].iloc[0] == "text 11"
    assert found.summary == ("The nearest neighbor of 4 rows (66.7 %) is of another class.",)


def test_without_confusion_there_are_words_only(
    circle: Callable[..., Any], shown: Callable[..., Any]
) -> None:
    found = confusion(circle([0, 1], [0, 0]), shown([0, 0]))
    assert found.table.empty
    assert found.summary == ("The nearest neighbor of 0 rows (0.0 %) is of another class.",)
    assert confusion(circle([0], [0]), shown([0])).table.empty


def test_shares_are_of_the_rows_of_the_class_not_of_the_nearest_one(
    circle: Callable[..., Any], shown: Callable[..., Any]
) -> None:
    # One of the three rows of c0 is nearest to c1, whose rows are nearest to each other.
    classes = [0, 0, 0, 1, 1]
    found = confusion(circle([0, 1, 90, 91.5, 92], classes), shown(classes))
    pairs = found.table.set_index(["class", "nearest_class"])["share"].to_dict()
    assert pairs == {("c0", "c1"): 0.3333}


def test_rows_without_another_of_their_class_are_left_out_as_in_the_scores(
    circle: Callable[..., Any], shown: Callable[..., Any]
) -> None:
    classes = [0, 0, 1, 0, 2]
    predictions = circle([0, 1, 90, 91, 180], classes)
    found = confusion(predictions, shown(classes))
    assert found.table["class"].tolist() == ["c0"]
    missed = 1 - np.nanmean(predictions.values["Precision@1"])
    assert f"({100 * missed:.1f} %)" in found.summary[0]
    assert found.summary[1] == "2 rows are left out: no other row of their class."
    assert predictions.scored.tolist() == predictions.defined("mAP").tolist()

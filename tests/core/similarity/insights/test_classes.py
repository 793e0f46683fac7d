"""The scores of classes."""

from collections.abc import Callable
from typing import Any

from hydro.similarity.insights.classes import class_scores


def test_the_worst_class_comes_first_and_lone_rows_are_left_out(
    circle: Callable[..., Any], shown: Callable[..., Any]
) -> None:
    classes = [1, 1, 0, 0, 2, -1]
    found = class_scores(circle([0, 3, 90, 180, 181, 270], classes), shown(classes), trained=1)
    table = found.table
    assert table["class"].tolist() == ["c0", "c1"]
    assert table["rows"].tolist() == [2, 2]
    assert table["trained"].tolist() == ["yes", "no"]
    assert table["mAP"].iloc[1] == 1
    assert table["Precision@1"].tolist() == [0, 1]
    assert found.summary == (
        "1 of 2 classes are below an mAP of 0.5.",
        "2 rows are left out: no other row of their class.",
    )


def test_no_class_is_an_empty_table(circle: Callable[..., Any], shown: Callable[..., Any]) -> None:
    assert class_scores(circle([0], [0]), shown([0]), trained=1).table.empty

"""Rows whose label may be wrong."""

from collections.abc import Callable
from typing import Any

from hydro.similarity.insights.label_errors import label_errors


def test_a_row_among_those_of_another_class_is_suspect(
    circle: Callable[..., Any], shown: Callable[..., Any]
) -> None:
    # The last row is of class 0, but lies among class 1; row 90 is alone in its class.
    degrees = [0, 1, 2, 3, 4, 5, 90, 180, 181, 182, 183, 184, 182.4]
    classes = [0, 0, 0, 0, 0, 0, 2, 1, 1, 1, 1, 1, 0]
    found = label_errors(circle(degrees, classes), shown(classes))
    assert found.table["row"].tolist() == [22]
    (row,) = found.table.to_dict("records")
    assert (row["label"], row["looks_like"], row["of_5_nearest"]) == ("c0", "c1", 5)
    assert row["nearest_text"] == "text 19"
    assert found.summary == (
        "1 of 12 rows are suspect.",
        "1 row is left out: no other row of their class.",
    )


def test_a_row_without_a_neighbor_is_not(
    circle: Callable[..., Any], shown: Callable[..., Any]
) -> None:
    assert label_errors(circle([0], [0]), shown([0])).table.empty

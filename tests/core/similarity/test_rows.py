"""Tests of rows as people see them."""

import pandas as pd

from hydro.similarity.rows import describe_rows, join_labels

FRAME = pd.DataFrame(
    {"title": ["t0", None], "text": ["one", "two"], "a": ["x", "y"], "b": ["1", None]},
    index=[3, 7],
    dtype="str",
)


def test_several_columns_are_joined_and_a_missing_text_is_empty() -> None:
    shown = describe_rows(FRAME, ("title", "text"), ("a", "b"))
    assert shown["text"].tolist() == ["t0 | one", " | two"]
    assert shown["row"].tolist() == [3, 7]
    assert shown["label"].isna().tolist() == [False, True]
    assert shown["label"][0] == "x | 1"
    assert describe_rows(FRAME, ("title",), ("a",))["text"].tolist() == ["t0", ""]


def test_labels_are_joined_where_all_are_there() -> None:
    assert join_labels(FRAME, ("a", "b")) == ["x | 1", None]
    assert join_labels(FRAME, ("a", "none")) == [None, None]

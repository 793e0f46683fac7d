"""Columns are joined when a text is asked for."""

import pandas as pd
import pytest

from hydro.text.joined import ConcatenatedColumns


def test_a_slice_is_a_list_of_joined_texts() -> None:
    frame = pd.DataFrame({"a": ["one", "two", "three"], "b": ["x", "", "z"]}, index=[5, 7, 9])
    texts = ConcatenatedColumns([frame["a"].array, frame["b"].array], " | ")
    assert len(texts) == 3
    assert texts[1:] == ["two | ", "three | z"]
    assert texts[0] == "one | x"
    assert list(texts) == ["one | x", "two | ", "three | z"]


def test_one_column_is_left_as_it_is() -> None:
    texts = ConcatenatedColumns([["one", "two"]], " | ")
    assert texts[0:1] == ["one"]
    assert texts[5:] == []


def test_columns_of_different_lengths_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="zip"):
        ConcatenatedColumns([["one", "two"], ["x"]], " ")[0:2]

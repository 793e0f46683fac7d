"""Rows that lack a text or a label are dropped, counted and named."""

from pathlib import Path

import pandas as pd
import pytest

from hydro.data.row_filters import drop_incomplete_rows, number_rows
from hydro.errors import DataError

_PATH = Path("somewhere/train.csv")


def _frame(**columns: list[str | None]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype="str")


def test_complete_rows_are_kept_without_a_warning() -> None:
    frame = _frame(text=["NA", "."], label=["null", " "])

    kept, notes = drop_incomplete_rows(frame, _PATH, ["text"], ["label"])

    assert kept is frame
    assert notes == []


@pytest.mark.parametrize("blank", [None, "", " \t\n", "\u3000\u00a0", "\u200b\ufeff", "\u2028\r"])
def test_a_missing_or_blank_text_is_dropped(blank: str | None) -> None:
    kept, notes = drop_incomplete_rows(_frame(text=["a", blank, "b"]), _PATH, ["text"], [])

    assert kept.index.tolist() == [0, 2]
    assert notes == ["train.csv: 1 row with missing or blank text dropped (row 2)"]


@pytest.mark.parametrize("text", ["👩‍👧", "?", "\u200bא", "e\u0301", "a\n \n"])
def test_a_text_of_any_visible_sign_is_kept(text: str) -> None:
    kept, _ = drop_incomplete_rows(_frame(text=["a", text]), _PATH, ["text"], [])

    assert len(kept) == 2


def test_a_row_with_one_text_of_two_is_kept_and_the_missing_one_is_empty() -> None:
    frame = _frame(title=["a", " ", " ", None], body=["b", "b", " ", "b"])

    kept, notes = drop_incomplete_rows(frame, _PATH, ["title", "body"], [])

    assert kept.index.tolist() == [0, 1, 3]
    assert kept["title"].tolist() == ["a", " ", ""]
    assert notes == ["train.csv: 1 row with missing or blank title and body dropped (row 3)"]


def test_each_dropped_row_is_counted_under_one_reason() -> None:
    frame = _frame(text=["a", None, None], brand=["x", None, "x"], kind=["y", "y", "y"])

    kept, notes = drop_incomplete_rows(frame, _PATH, ["text"], ["brand", "kind"])

    assert kept.index.tolist() == [0]
    assert notes == [
        "train.csv: 1 row without brand or kind dropped (row 2)",
        "train.csv: 1 row with missing or blank text dropped (row 3)",
    ]


def test_only_the_first_five_rows_are_named() -> None:
    frame = _frame(text=["a", *[None] * 1200])

    _, notes = drop_incomplete_rows(frame, _PATH, ["text"], [])

    assert notes == [
        "train.csv: 1,200 rows with missing or blank text dropped (rows 2, 3, 4, 5, 6, …)"
    ]


def test_no_row_left_is_an_error_with_the_reasons() -> None:
    frame = _frame(text=["a", " "], label=[None, "x"])

    with pytest.raises(DataError, match=r"somewhere/train\.csv has no row left .*label.*text"):
        drop_incomplete_rows(frame, _PATH, ["text"], ["label"])


def test_rows_are_named_by_their_number_in_the_file() -> None:
    frame = _frame(text=["a", "b", "c"]).iloc[[0, 2]]

    assert number_rows(frame, (frame["text"] == "c").to_numpy(bool)) == "row 3"

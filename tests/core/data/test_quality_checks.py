"""Data that make a score doubtful are warned of, and data without anything to learn refused."""

from pathlib import Path

import pandas as pd
import pytest

from hydro.data.labels import Labels
from hydro.data.quality_checks import check_labels, check_leakage
from hydro.errors import DataError

_PATH = Path("data/train.csv")
_LEAK = "Training contains the text of {} held out for validation, so the score may be too good"


def _frame(**columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype="str")


_TRAIN = _frame(text=["one", "two", "three", "four"], label=["a", "a", "b", "b"])
_VALIDATION = _frame(text=["five", "six"], label=["a", "b"])


def _check_labels(train: pd.DataFrame) -> list[str]:
    return check_labels(train, Labels.of(train, ["label"]), ["text"], _PATH)


def test_good_rows_raise_no_doubt() -> None:
    assert check_leakage(_TRAIN, _VALIDATION, ["text"]) == []
    assert _check_labels(_TRAIN) == []


def test_texts_on_both_sides_are_counted_but_for_capitals_and_white_space() -> None:
    train = _frame(text=[f"Text  number\t{row}" for row in range(100)], label=["a", "b"] * 50)
    texts = [f" text number\u00a0{row}\n" for row in range(50)] + [f"new {row}" for row in range(9)]

    doubts = check_leakage(train, _frame(text=texts), ["text"])

    assert doubts == [_LEAK.format("50 rows")]


def test_two_input_columns_are_compared_together() -> None:
    train = _frame(title=["a", "b"], body=["x", "y"], label=["k", "l"])
    validation = _frame(title=["a", "b"], body=["y", "y"])

    doubts = check_leakage(train, validation, ["title", "body"])

    assert _LEAK.format("1 row") in doubts


def test_texts_under_two_labels_are_counted_once_each() -> None:
    train = _frame(text=["x", "X ", "x", "y", "y", "z"], label=["a", "b", "c", "a", "a", "b"])

    assert _check_labels(train) == ["train.csv: 1 text has different values of label"]


@pytest.mark.parametrize("at_a_time", [1, 3, 7])
def test_texts_are_compared_a_part_at_a_time(
    at_a_time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydro.data.quality_checks._PART", at_a_time)
    monkeypatch.setattr("hydro.data.quality_checks._BATCH", 5)
    texts = [f"text {row % 10}" for row in range(60)]
    # Texts 0 to 6 are of one class whenever they come up, the others of two.
    labels = [str(row % 10 if row % 10 < 7 else row % 4) for row in range(60)]
    train = _frame(text=texts, label=labels)
    assert _check_labels(train) == ["train.csv: 3 texts have different values of label"]


def test_a_single_class_is_an_error() -> None:
    train = _frame(text=["x", "y"], label=["a", "a"])

    with pytest.raises(DataError, match=r"data/train\.csv: nothing to learn.* 2 .* class, 'a'"):
        _check_labels(train)

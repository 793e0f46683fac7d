"""Rows are compared by their inputs: on both sides of a split, and with several targets."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from hydro.data.frames import Frames
from hydro.data.quality_checks import (
    check_leakage,
    check_test_leakage,
    count_conflicts,
    hash_inputs,
)


def _hashes(*texts: str) -> NDArray[np.int64]:
    return hash_inputs(pd.DataFrame({"text": texts}, dtype="str"), ["text"])


def test_inputs_on_one_side_only_are_no_leakage() -> None:
    assert check_leakage(_hashes("one", "two"), _hashes("three", "four")) == []


def test_inputs_on_both_sides_are_counted_but_for_capitals_and_white_space() -> None:
    train = _hashes(*(f"Text  number\t{row}" for row in range(100)))
    held_out = _hashes(
        *(f" text number\u00a0{row}\n" for row in range(50)), *(f"new {row}" for row in range(9))
    )

    warning = "Training contains the text of 50 rows held out for validation, so the score may be"
    assert check_leakage(train, held_out) == [f"{warning} too good"]


def test_several_input_columns_are_compared_together() -> None:
    inputs = ["title", "body"]
    train = hash_inputs(pd.DataFrame({"title": ["a", "b"], "body": ["x", "y"]}), inputs)
    held_out = hash_inputs(pd.DataFrame({"title": ["a", "b"], "body": ["y", "y"]}), inputs)

    assert "the text of 1 row held out" in check_leakage(train, held_out)[0]


def test_inputs_with_several_targets_are_counted_once_each() -> None:
    hashes = _hashes("x", "X ", "x", "y", "y", "z")

    assert count_conflicts(hashes, np.array([0, 1, 2, 0, 0, 1])) == 1
    assert count_conflicts(hashes, np.array([0.5, 0.5, 0.5, 0.1, 0.2, 0.0])) == 1
    assert count_conflicts(hashes, np.array([[1, 0], [1, 1], [1, 0], [0, 0], [0, 1], [0, 0]])) == 2


@pytest.mark.parametrize("at_a_time", [1, 3, 7])
def test_rows_are_compared_a_part_at_a_time(
    at_a_time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydro.data.quality_checks._PART", at_a_time)
    monkeypatch.setattr("hydro.data.quality_checks._BATCH", 5)
    hashes = _hashes(*(f"text {row % 10}" for row in range(60)))
    # Texts 0 to 6 have one target whenever they come up, the others have two.
    targets = np.array([row % 10 if row % 10 < 7 else row % 4 for row in range(60)])

    assert count_conflicts(hashes, targets) == 3


def test_leakage_counts_the_rows_that_are_held_out() -> None:
    warnings = check_leakage(_hashes("one", "two"), _hashes("one", "ONE", "three"))
    assert "the text of 2 rows held out" in warnings[0]


def test_a_test_table_that_repeats_rows_of_another_split_is_warned_of() -> None:
    train, validation, test = (
        pd.DataFrame({"text": texts})
        for texts in (["a", "b"], ["c", "d"], ["A ", "c", " d", "e", "a"])
    )
    frames = Frames(train, validation, test, "0", ("0",), ())
    assert check_test_leakage(frames, ["text"]) == [
        "The test table has the text of 2 rows of training, so its score may be too good",
        "The test table has the text of 2 rows of validation, so its score may be too good",
    ]
    assert check_test_leakage(replace(frames, test=None), ["text"]) == []
    assert check_test_leakage(replace(frames, test=test[3:4]), ["text"]) == []

"""Tests of checks of labeled rows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hydro.data.frames import Frames
from hydro.data.labels import Labels
from hydro.errors import DataError
from hydro.similarity.checks import check_rows, check_scorable, seen_and_unseen

TRAIN = pd.DataFrame({"label": ["a", "b", "c"]}, dtype="str")


def _check(texts: list[str], labels: list[str], held_out: str = "new") -> list[str]:
    train = pd.DataFrame({"text": texts, "label": labels}, dtype="str")
    validation = pd.DataFrame({"text": [held_out, "newer"], "label": labels[:1] * 2}, dtype="str")
    frames = Frames(train, validation, None, "custom", (), ())
    return check_rows(frames, Labels.of(train, ["label"]), ["text"], Path("data/train.csv"))


def test_good_rows_have_no_warning() -> None:
    assert _check(["one", "two", "three"], ["a", "a", "b"]) == []


def test_texts_with_several_labels_are_warned_of() -> None:
    found = _check(["x", "X ", "y", "y", "z", "z"], ["a", "b", "a", "b", "c", "c"])
    assert found == ["train.csv: 2 texts have different values of label"]
    found = _check(["x", "X ", "y"], ["a", "b", "b"])
    assert found == ["train.csv: 1 text has different values of label"]


def test_labels_that_differ_in_spelling_are_warned_of() -> None:
    (found,) = _check(["one", "two", "three", "four"], ["a", "b", "A ", "a"])
    assert "different ones: 'A ', 'a'" in found
    train, held_out = (
        pd.DataFrame({"text": ["one", "two"] * 2, "label": labels}, dtype="str")
        for labels in (["a", "b"] * 2, ["a", "B"] * 2)
    )
    frames = Frames(train, train, held_out, "custom", (), ())
    warnings = check_rows(frames, Labels.of(train, ["label"]), ["text"], Path("train.csv"))
    assert "different ones: 'B', 'b'" in warnings[0]


def test_classes_of_one_row_each_are_warned_of_before_leakage() -> None:
    single, leak = _check(["x", "y"], ["a", "b"], held_out="X")
    assert single == "train.csv: every class has a single training row, so there are no pairs"
    assert leak.startswith("Training contains the text of 1 row held out")


def test_a_single_class_is_an_error() -> None:
    with pytest.raises(DataError, match=r"data/train\.csv: nothing to learn.* 2 .* class, 'a'"):
        _check(["x", "y"], ["a", "a"])


def test_rows_are_split_by_whether_training_has_their_class() -> None:
    rows = pd.DataFrame({"label": ["new", "a", None]}, dtype="str")
    found = seen_and_unseen(rows, Labels.of(TRAIN, ["label"]))
    assert {name: rows.tolist() for name, rows in found.items()} == {
        "seen_classes": [False, True, True],
        "unseen_classes": [True, False, False],
    }


def test_held_out_rows_of_which_no_two_share_a_class_are_an_error() -> None:
    with pytest.raises(DataError, match="no two of the 3 rows held out for validation"):
        check_scorable(np.array([0, 4, -1]))
    check_scorable(np.array([0, 4, 4, -1]))
    train = pd.DataFrame({"text": list("abcd"), "label": ["a", "a", "b", "b"]}, dtype="str")
    frames = Frames(train, train.iloc[[0, 2]], None, "custom", (), ())
    with pytest.raises(DataError, match="nothing can be scored"):
        check_rows(frames, Labels.of(train, ["label"]), ["text"], Path("train.csv"))


def _frames(held_out: list[str], *, test: list[str] | None = None, **later: list[str]) -> Frames:
    def rows(labels: list[str]) -> pd.DataFrame:
        texts = [f"{id(labels)} {row}" for row in range(len(labels))]
        return pd.DataFrame({"text": texts, "label": labels}, dtype="str")

    folds = ("0", *later)
    others = {name: rows(labels)[["label"]] for name, labels in later.items()}
    tested = None if test is None else rows(test)
    return Frames(rows(["a", "a", "b"]), rows(held_out), tested, "0", folds, (), others)


def _checked(frames: Frames) -> list[str]:
    labels = Labels.of(frames.train, ["label"])
    return check_rows(frames, labels, ["text"], Path("data/train.csv"))


def test_every_fold_that_is_held_out_needs_a_pair() -> None:
    assert _checked(_frames(["new", "new"], **{"1": ["b", "b"]})) == []
    with pytest.raises(DataError, match="3 rows held out for validation in fold '0' are of one"):
        _checked(_frames(["a", "b", "new"]))
    with pytest.raises(DataError, match="2 rows held out for validation in fold '2' are of one"):
        _checked(_frames(["a", "a"], **{"1": ["b", "b"], "2": ["a", "b"]}))


@pytest.mark.parametrize(
    ("test", "warned"), [(["a", "b", "new"], True), (["a", "a", "b"], False), ([], False)]
)
def test_test_rows_without_a_pair_are_warned_of(test: list[str], warned: bool) -> None:
    said = "No two test rows are of one class, so there is no test metric"
    assert _checked(_frames(["a", "a"], test=test)) == [said] * warned

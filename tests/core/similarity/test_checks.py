"""Tests of checks of labeled rows."""

import pandas as pd

from hydro.data.labels import Labels
from hydro.similarity.checks import check_pairs, seen_and_unseen

TRAIN = pd.DataFrame({"label": ["a", "b", "c"]}, dtype="str")


def test_classes_of_single_rows_have_no_pairs() -> None:
    assert check_pairs(TRAIN, Labels.of(TRAIN, ["label"]), "rows.csv") == [
        "rows.csv: every class has a single training row, so there are no pairs"
    ]
    twice = pd.concat([TRAIN, TRAIN[:1]])
    assert check_pairs(twice, Labels.of(twice, ["label"]), "rows.csv") == []


def test_rows_are_split_by_whether_training_has_their_class() -> None:
    rows = pd.DataFrame({"label": ["new", "a", None]}, dtype="str")
    found = seen_and_unseen(rows, Labels.of(TRAIN, ["label"]))
    assert {name: rows.tolist() for name, rows in found.items()} == {
        "seen_classes": [False, True, True],
        "unseen_classes": [True, False, False],
    }

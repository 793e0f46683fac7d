"""Texts that are there twice."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from hydro.similarity.insights.duplicates import duplicates

SHOWN = pd.DataFrame(
    {"row": [5, 6, 7], "text": ["Where is it?", "a  b", "other"], "label": ["x", "y", "y"]}
)


def test_texts_on_both_sides_are_found_but_for_case_signs_and_spaces(
    circle: Callable[..., Any],
) -> None:
    train = pd.DataFrame(
        {"row": [0, 1, 2], "text": ["where is IT", "A b!", "!!"], "label": ["z", "y", "x"]}
    )
    found = duplicates(circle([0, 90, 180], [0, 1, 1]), SHOWN, train)
    told = found.table[["found_in", "row", "row_other", "same_label"]].to_numpy().tolist()
    assert told == [
        ["training and validation", 5, 0, False],
        ["training and validation", 6, 1, True],
    ]
    assert found.summary[0] == (
        "2 of 3 validation rows have a text that training saw as well, 1 times with another label."
    )


def test_near_ones_are_found_once_a_pair(circle: Callable[..., Any]) -> None:
    # cos 11° = 0.982, cos 12° = 0.978
    found = duplicates(circle([0, 11, 23], [0, 1, 1]), SHOWN, SHOWN[:0])
    (pair,) = found.table.to_dict("records")
    assert (pair["row"], pair["row_other"], pair["same_label"]) == (5, 6, False)
    assert pair["similarity"] == 0.9816
    assert found.summary[1].startswith("1 pairs of validation rows")


def test_no_duplicates_are_said_as_well(circle: Callable[..., Any]) -> None:
    found = duplicates(circle([0, 90, 180], [0, 1, 1]), SHOWN, SHOWN[:0])
    assert found.table.empty
    assert found.summary[0].startswith("0 of 3 validation rows")

"""Classes are numbered in sorted order, known ones first."""

from collections.abc import Sequence

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydro.data.labels import Labels, check_spelling, normalize_label, normalize_targets


def _frame(**columns: Sequence[str | None]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype="str")


def test_classes_are_numbered_in_sorted_order_as_they_are_written() -> None:
    frame = _frame(label=["b", "a", "7", "07", "b", "NA", None])

    labels = Labels.of(frame, ["label"])

    assert labels.names == (("07",), ("7",), ("NA",), ("a",), ("b",))
    assert len(labels) == 5
    assert labels.encode(frame).tolist() == [4, 3, 1, 0, 4, 2, -1]


def test_several_targets_make_one_class_of_each_combination() -> None:
    frame = _frame(brand=["x", "x", "y", "xa", "x", None], kind=["ab", "b", "b", "b", "ab", "b"])

    labels = Labels.of(frame, ["brand", "kind"])

    assert labels.names == (("x", "ab"), ("x", "b"), ("xa", "b"), ("y", "b"))
    assert labels.encode(frame).tolist() == [0, 1, 3, 2, 0, -1]


def test_classes_that_training_never_saw_come_after_the_known_ones() -> None:
    labels = Labels.of(_frame(label=["b", "d"]), ["label"])

    assert labels.encode(_frame(label=["z", "d", "a", "z", None])).tolist() == [3, 1, 2, 3, -1]


def test_a_table_without_the_columns_has_no_classes() -> None:
    labels = Labels.of(_frame(brand=["x", "y"], kind=["a", "b"]), ["brand", "kind"])

    assert labels.encode(_frame(brand=["x", "y"])).tolist() == [-1, -1]
    assert labels.encode(_frame(brand=[], kind=[])).tolist() == []
    assert labels.encode(_frame(brand=[None], kind=["a"])).tolist() == [-1]


def test_column_names_are_never_taken_for_code() -> None:
    for name in ("my label", "a.b", "class", "it's", 'say "x"', "`", "@x", "index", "level_0", "ü"):
        frame = _frame(**{name: ["b", "a"], f"{name} ": ["1", "1"]})

        labels = Labels.of(frame, [name, f"{name} "])

        assert labels.encode(frame).tolist() == [1, 0]


def test_a_column_named_twice_counts_once() -> None:
    frame = _frame(label=["b", "a"])

    assert Labels.of(frame, ["label", "label"]).names == (("a",), ("b",))


def test_the_index_of_the_table_does_not_matter() -> None:
    frame = _frame(label=["b", "a", "c"]).iloc[[2, 0]]

    assert Labels.of(frame, ["label"]).encode(frame).tolist() == [1, 0]


def test_a_hundred_thousand_classes_are_numbered() -> None:
    frame = _frame(label=[f"{number:06}" for number in range(100_000)])

    assert Labels.of(frame, ["label"]).encode(frame).tolist() == list(range(100_000))


_ROWS = st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.sampled_from("xy")))


@settings(max_examples=50, deadline=None, database=None)
@given(train=_ROWS, other=_ROWS)
def test_codes_are_those_of_a_plain_loop(
    train: list[tuple[str | None, str]], other: list[tuple[str | None, str]]
) -> None:
    first, second = (pd.DataFrame(rows, columns=["p", "q"], dtype="str") for rows in (train, other))
    known = sorted({row for row in train if row[0] is not None})
    unseen = sorted({row for row in other if row[0] is not None} - set(known))
    expected = [-1 if row[0] is None else (known + unseen).index(row) for row in other]

    assert Labels.of(first, ["p", "q"]).encode(second).tolist() == expected


SPELLINGS = [
    ["card", "Card", "CARD", " card", "card\u00a0", "\u200bcard\n"],
    ["lost card", "lost  card", "Lost\tcard"],
    ["caf\u00e9", "cafe\u0301", "CAF\u00c9"],
    ["1", "1.0", "1.00", " 1.0 "],
    ["-7", "-7.0"],
    ["\u200b", " ", ""],
]


@pytest.mark.parametrize("spellings", SPELLINGS)
def test_spellings_of_a_label_are_normalized_to_one(spellings: list[str]) -> None:
    assert len({normalize_label(each) for each in spellings}) == 1


def test_labels_that_differ_in_more_stay_apart() -> None:
    labels = [
        "1",
        "01",
        "1.5",
        "10",
        "1.0.0",
        "v1.0",
        "1e0",
        "cafe",
        "caf\u00e9",
        "card s",
        "cards",
    ]
    assert len({*map(normalize_label, labels)}) == len(labels)


def test_a_blank_label_is_missing_once_normalized_and_others_stay_in_their_rows() -> None:
    frame = _frame(
        text=["a", "b", "c", "d"], label=["Card ", " ", None, "1.0"], id=["A", "B", "C", "D"]
    )

    found = normalize_targets(frame, ["label", "absent"])

    assert found["label"].fillna("?").tolist() == ["card", "?", "?", "1"]
    assert found["id"].tolist() == ["A", "B", "C", "D"]
    assert frame["label"].tolist()[0] == "Card "
    assert str(found["label"].dtype) == str(frame["label"].dtype)


def _labels(*names: str) -> Labels:
    return Labels(("label",), tuple(sorted((name,) for name in names)))


def test_labels_that_differ_in_spelling_are_named_wherever_they_are() -> None:
    (warning,) = check_spelling("t.csv", _labels("card", "pin", "1"), _labels("Card", "pin", "1.0"))
    assert warning == (
        "t.csv: classes that differ only in blanks, capitals, composed letters or .0 are different "
        "ones: '1', '1.0'; 'Card', 'card'. dataset.normalize_labels: true takes them for the same"
    )
    assert check_spelling("t.csv", _labels("card", "pin"), _labels("card")) == []


def test_many_such_labels_are_cut_and_a_blank_one_is_named() -> None:
    many = _labels(*(f"{case}{number}" for case in "aA" for number in range(7)), " ")
    blank, several = check_spelling("t.csv", many)
    assert blank.startswith("t.csv: the label ' ' is blank.")
    assert several.count(";") == 5
    assert "; and 2 more" in several

"""Classes are numbered in sorted order, known ones first."""

from collections.abc import Sequence

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from hydro.data.labels import Labels


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

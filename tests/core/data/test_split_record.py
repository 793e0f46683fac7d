"""The rows of a split are found again by their content, wherever they lie in a table."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hydro.data.columns import Columns
from hydro.data.frames import Frames
from hydro.data.split_record import FILE, hash_rows, read_split, write_split

COLUMNS = Columns(("text", "more"), ("label",))


def _frame(*rows: tuple[str | None, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["text", "more", "label", "id"], dtype="str")


def _record(folder: Path, train: pd.DataFrame, validation: pd.DataFrame) -> None:
    write_split(folder, Frames(train, validation, None, "0", ("0", "1"), ()), COLUMNS)


def test_a_row_is_known_by_its_inputs_and_targets_alone() -> None:
    first = hash_rows(_frame(("a", "b", "x", "1")), COLUMNS)[0]

    same = [("a", "b", "x", "2")]
    others = [
        ("a", "b", "y", "1"),
        ("ab", None, "x", "1"),
        ("a", "c", "x", "1"),
        ("b", "a", "x", "1"),
    ]
    assert hash_rows(_frame(*same), COLUMNS).tolist() == [first]
    assert first not in hash_rows(_frame(*others), COLUMNS)


def test_a_missing_input_is_an_empty_one() -> None:
    hashes = hash_rows(_frame(("a", None, "x", "1"), ("a", "", "x", "1")), COLUMNS)
    assert hashes[0] == hashes[1]


def test_a_hash_is_the_same_in_every_version() -> None:
    """Records of runs that were trained long ago are read."""
    assert hash_rows(_frame(("é", "b", "x", "1")), COLUMNS).tolist() == [12261321358891664244]


def test_rows_are_found_in_a_table_that_was_shuffled_and_appended(tmp_path: Path) -> None:
    rows = [(f"t{row}", "m", "xy"[row % 2], str(row)) for row in range(10)]
    _record(tmp_path, _frame(*rows[:7]), _frame(*rows[7:]))
    table = _frame(("new", "m", "x", "n"), *rows[::-1], ("t8", "m", "y", "changed label"))

    record = read_split(tmp_path)

    assert record is not None
    for split, wanted in (("train", rows[:7]), ("validation", rows[7:])):
        found = table[record.find(split, table, COLUMNS)]
        assert sorted(found["id"]) == sorted(row[3] for row in wanted)


def test_a_row_is_found_as_often_as_the_split_had_it(tmp_path: Path) -> None:
    twice = ("a", "b", "x", "1")
    _record(tmp_path, _frame(twice), _frame(twice, twice))
    table = _frame(twice, twice, twice, twice)

    record = read_split(tmp_path)

    assert record is not None
    assert record.find("train", table, COLUMNS).tolist() == [True, False, False, False]
    assert record.find("validation", table, COLUMNS).tolist() == [True, True, False, False]


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04", b"junk"])
def test_a_record_that_is_missing_or_damaged_is_none(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / FILE).write_bytes(content)
    assert read_split(tmp_path) is None
    np.savez(tmp_path / FILE, train=np.empty(0, np.uint64))
    assert read_split(tmp_path) is None

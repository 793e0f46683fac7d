"""Columns are chosen by their exact names, and a wrong name is answered with the right one."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from hydro.data.source import Source
from hydro.data.tables import read_table
from hydro.data.text_input.delimited import list_names
from hydro.errors import DataError


def test_columns_come_in_the_order_of_the_file() -> None:
    found = ["id", "text", "label"]

    assert Source("f.csv", ["label", "text"], others=False).choose(found) == [1, 2]
    assert Source("f.csv", ["label"]).choose(found) == [0, 1, 2]
    assert Source("f.csv", ["label"], ["id"], others=False).choose(found) == [0, 2]


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (["txet", "label"], "available: 'txet', 'label'. Did you mean 'txet'?"),
        ([" Text ", "label"], "Did you mean ' Text '? Blanks and capitals count"),
        (["zzz", "qqq"], "no column 'text'; available: 'zzz', 'qqq'"),
    ],
)
def test_a_missing_column_is_an_error_with_the_available_ones(found: list[str], says: str) -> None:
    with pytest.raises(DataError) as caught:
        Source("f.csv", ["text"]).choose(found)

    assert says in str(caught.value)
    assert str(caught.value).startswith("f.csv: ")


@pytest.mark.parametrize("source", [Source("f.csv", ["text"]), Source("f.csv", [], ["text"])])
def test_a_name_that_stands_for_two_columns_is_an_error_with_both_positions(source: Source) -> None:
    with pytest.raises(DataError, match="columns 1 and 3 are both called 'text'"):
        source.choose(["text", "label", "text"])


def test_columns_of_one_name_that_nothing_needs_are_left_out() -> None:
    source = Source("f.csv", ["text"])

    assert source.choose(["id", "text", "id", "", "", "", "more", "x", "more"]) == [1, 7]
    assert source.warnings == [
        "f.csv: 3 columns without a name are left out",
        "f.csv: columns that share a name are left out: 'id', 'more'",
    ]
    assert Source("f.csv", ["text"], others=False).choose(["id", "text", "id"]) == [1]
    blank = Source("f.csv")
    assert blank.choose(["text", " ", " ", "\u200b"]) == [0, 3]
    assert blank.warnings == ["f.csv: 2 columns without a name are left out"]


def test_unnamed_columns_are_left_out_if_they_have_no_value() -> None:
    source = Source("f.csv")
    table = pa.table(
        {"": [None, None], " ": ["", None], "text": [None, None], "\u200b": ["x", "y"]}
    )

    table = table.cast(pa.schema([(name, pa.large_string()) for name in table.column_names]))
    assert source.without_empty(table).column_names == [" ", "text", "\u200b"]
    assert source.warnings == ["f.csv: a column without a name and without values is left out"]
    assert Source("f.csv", [""]).without_empty(table).column_names == table.column_names


@pytest.mark.parametrize("trailing", [",,,", ","])
def test_a_table_that_a_spreadsheet_wrote_is_read_without_its_empty_columns(
    write: Callable[..., Path], trailing: str
) -> None:
    lines = ["text,label", "hello,a", "bye,b"]
    warnings: list[str] = []

    path = write("table.csv", "\n".join(line + trailing for line in lines))
    frame = read_table(path, ["text"], warnings=warnings)

    assert frame.to_dict("list") == {"text": ["hello", "bye"], "label": ["a", "b"]}
    assert len(warnings) == 1
    assert "left out" in warnings[0]


def test_a_table_of_very_many_columns_is_refused_at_once(write: Callable[..., Path]) -> None:
    names = ",".join(f"c{number}" for number in range(400_000))
    path = write("table.csv", f"{names}\n{'1,' * 399_999}1\n")

    with pytest.raises(DataError, match=r"has 400,000 columns; at most 10,000 are read"):
        read_table(path)


def test_a_long_list_of_names_is_cut() -> None:
    listed = list_names([f"column {number}" for number in range(1000)])

    assert listed.endswith("'column 19' and 980 more")
    assert len(list_names(["x" * 100_000])) < 100

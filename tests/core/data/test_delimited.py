"""Separators and encodings of delimited text are found out and said."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from hydro.data.tables import read_table
from hydro.errors import DataError


@pytest.mark.parametrize(
    ("separator", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars"), (",", None)]
)
@pytest.mark.parametrize("columns", [(), ("text",), ("label", "text")])
def test_the_separator_is_found_and_said(
    write: Callable[..., Path], separator: str, name: str | None, columns: tuple[str, ...]
) -> None:
    lines = ['text~label~"a, b;~c"', 'hello and, you~1~"x~y"', '"bye~ and;|so\non"~2~']
    text = "\n".join(lines).replace(", ", "; " if separator == "," else ", ")
    text = text.replace("~", separator)
    warnings: list[str] = []

    path = write("table.csv", text)
    frame = read_table(path, columns, warnings=warnings)

    assert frame["label"].tolist() == ["1", "2"]
    assert len(frame.columns) == 3
    said = [] if name is None else [f"table.csv has {name} between its columns, and is read so"]
    assert warnings == said


@pytest.mark.parametrize(
    ("header", "columns", "found"),
    [
        ("text;a,label", ["text"], ["text", "a,label"]),
        ("text;a,label", ["label"], ["text;a", "label"]),
        ("text;a,label", [], ["text;a", "label"]),
        ("text", ["text"], ["text"]),
        ("one two", [], ["one two"]),
    ],
)
def test_the_columns_that_are_needed_tell_the_separator(
    write: Callable[..., Path], header: str, columns: list[str], found: list[str]
) -> None:
    path = write("table.csv", f"{header}\n{header}\n")

    assert list(read_table(path, columns).columns) == found


def test_a_tsv_is_of_tabs_whatever_its_texts_hold(write: Callable[..., Path]) -> None:
    warnings: list[str] = []

    frame = read_table(write("table.tsv", "a,b\tc\n1,2\t3\n"), warnings=warnings)

    assert frame.to_dict("list") == {"a,b": ["1,2"], "c": ["3"]}
    assert warnings == []


def test_a_malformed_row_names_the_separator(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match=r"line 3 has 1 field.*A text with a semicolon needs"):
        read_table(write("table.csv", "text;label\na;b\nc\n"), ["text"])
    with pytest.raises(DataError, match="the quote that opens on line 2 is never closed"):
        read_table(write("table.csv", 'text;label\na;"b\nc;d\n'), ["text"])


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
@pytest.mark.parametrize("name", ["table.csv", "table.csv.gz"])
def test_tables_of_other_encodings_are_read_and_said(
    write: Callable[..., Path], encoding: str, name: str
) -> None:
    content = "text,label\r\nun café noir,a\r\n".encode(encoding)
    warnings: list[str] = []

    path = write(name, gzip.compress(content) if name.endswith("gz") else content)
    frame = read_table(path, ["text"], warnings=warnings)

    assert frame.to_dict("list") == {"text": ["un café noir"], "label": ["a"]}
    assert len(warnings) == 1
    assert "is read as UTF-16" in warnings[0] or "Windows-1252, by which line 2" in warnings[0]


def test_a_compressed_file_that_is_damaged_or_unpacks_to_very_much_is_refused(
    write: Callable[..., Path],
) -> None:
    whole = gzip.compress(b"text\nhello\n")
    for size in (3, len(whole) - 6, len(whole) - 1):
        with pytest.raises(DataError, match=r"table\.csv\.gz is damaged"):
            read_table(write("table.csv.gz", whole[:size]))
    path = write("table.csv.gz", gzip.compress(b"text\n" + b"x" * 60 * 1024**2))
    with pytest.raises(DataError, match="over 100 times its size"):
        read_table(path)

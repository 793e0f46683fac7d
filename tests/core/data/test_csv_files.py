"""A CSV is read as it is written, and a malformed row is an error with its line."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydro.data.csv_files import parse_csv
from hydro.data.source import Source
from hydro.data.tables import read_table
from hydro.errors import DataError


@pytest.mark.parametrize("word", ["NA", "None", "null", "nan", "007", "1.0", " x ", "True", "1e5"])
def test_words_and_numbers_stay_as_they_are_written(write: Callable[..., Path], word: str) -> None:
    frame = read_table(write("table.csv", f"text,label\n{word},{word}\n"))

    assert frame.to_dict("list") == {"text": [word], "label": [word]}


def test_only_an_empty_field_is_missing(write: Callable[..., Path]) -> None:
    frame = read_table(write("table.csv", 'text,label\n,a\n"",b\n" ",c\n'))

    assert frame["text"].isna().tolist() == [True, True, False]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("last", ["", "end"])
def test_any_end_of_line_and_a_byte_order_mark_are_read_right(
    write: Callable[..., Path], end: str, mark: str, last: str
) -> None:
    text = f"{mark}text,label{end}hello,a{end}{end}bye,b{last and end}"

    frame = read_table(write("table.csv", text))

    assert frame.to_dict("list") == {"text": ["hello", "bye"], "label": ["a", "b"]}


def test_commas_quotes_and_ends_of_line_may_be_inside_quotes(write: Callable[..., Path]) -> None:
    frame = read_table(write("table.csv", 'text,"la\nbel"\n"a, ""b""\r\nc\n",x\n5" pipe,y\n'))

    assert frame["text"].tolist() == ['a, "b"\r\nc\n', '5" pipe']
    assert frame["la\nbel"].tolist() == ["x", "y"]


@pytest.mark.parametrize(
    "text",
    [
        "\u0633\u0644\u0627\u0645 \u202b\u05e9\u05dc\u05d5\u05dd",
        "\U0001f469\u200d\U0001f467 \U0001f389",
        "e\u0301 \u1e69\u0307",
        "?!\u2026",
        "a\u2028b\u0085c",
        "x" * 10_000_000,
    ],
    ids=["right to left", "emoji", "combining marks", "punctuation", "other line ends", "10 MB"],
)
def test_any_writing_and_very_long_texts_are_read_right(
    write: Callable[..., Path], text: str
) -> None:
    frame = read_table(write("table.csv", f'text,label\n"{text}",a\n"{text}",b\n'))

    assert frame["text"].tolist() == [text, text]


def test_a_row_longer_than_a_block_of_the_parser_is_read(write: Callable[..., Path]) -> None:
    text = "y" * 40_000_000

    frame = read_table(write("table.csv", f"text,label\nshort,a\n{text},b\nshort,c\n"))

    assert frame["text"].str.len().tolist() == [5, 40_000_000, 5]


_OPEN = "the quote that opens on line {} is never closed"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n1,2,3\n", "line 3 has 3 fields, but the columns are 2"),
        ("a,b\n1,2\n1\n", "line 3 has 1 field, but the columns are 2"),
        ("a,b\n1,2,3\n1,2,3\n", "line 2 has 3 fields"),
        ('a,b\r\n"1\r\n2",3\r\n\r\n4\r\n', "line 5 has 1 field"),
        ("a,b\r1,2\r3\r", "line 3 has 1 field"),
        ('a,b\n1,"2\n3,4\n', _OPEN.format(2)),
        ('a,b\n1,"2', _OPEN.format(2)),
        ('a,b\n"x\ny","2\n3,4\n', _OPEN.format(3)),
        ('a\n1\n"2\n3\n', _OPEN.format(3)),
        ('"a,b\n1,2\n', _OPEN.format(1)),
        ("a,b\n1,2\nx\0,4\n", "line 3, byte 9: a NUL byte"),
    ],
)
def test_a_malformed_row_is_an_error_with_its_line(
    write: Callable[..., Path], text: str, says: str
) -> None:
    with pytest.raises(DataError) as caught:
        read_table(write("table.csv", text))

    assert "table.csv: " + says in str(caught.value)


def test_a_quote_left_open_in_the_header_is_an_error_before_a_missing_column(
    write: Callable[..., Path],
) -> None:
    with pytest.raises(DataError, match=_OPEN.format(1)):
        read_table(write("table.csv", '"a,b\n1,2\n'), ["a"])


def test_the_limit_of_the_csv_module_is_left_as_it_was(write: Callable[..., Path]) -> None:
    before = csv.field_size_limit()

    with pytest.raises(DataError, match="line 3"):
        read_table(write("table.csv", f"a,b\n{'x' * (before + 1)},2\n1\n"))

    assert csv.field_size_limit() == before


@settings(max_examples=300, deadline=None, database=None)
@given(
    head=st.sampled_from(["x\n", "x,y\n", "\r\nx,y\r\n"]), body=st.text('ab,,"\n\r é', max_size=18)
)
def test_the_table_is_the_one_that_the_csv_module_reads(head: str, body: str) -> None:
    text = head + body
    _, *rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]

    try:
        table = parse_csv(Source("table.csv"), io.BytesIO(text.encode()), ",")
    except DataError as error:
        assert "line " in str(error)
    else:
        read = [list(row.values()) for row in table.to_pylist()]
        assert read == [[field or None for field in row] for row in rows]

"""JSON Lines are read as they are written, and a malformed line is an error with its number."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from hydro.data.tables import read_table
from hydro.errors import DataError


def test_values_stay_as_they_are_written(write: Callable[..., Path]) -> None:
    lines = [
        '{"text": "NA", "label": 1.0}',
        '{"label": 1e5, "text": "", "more": true}',
        "",
        '{"text": null, "label": -007.50}'.replace("-00", "-"),
        '{"text": "a\\u2028\\n\ud83c\udf89", "label": NaN, "more": false}'.encode(
            "utf-16", "surrogatepass"
        ).decode("utf-16"),
    ]
    frame = read_table(write("table.jsonl", "\ufeff" + "\r\n".join(lines)))

    columns = {name: [None if pd.isna(value) else value for value in frame[name]] for name in frame}
    assert columns == {
        "text": ["NA", "", None, "a\u2028\n🎉"],
        "label": ["1.0", "1e5", "-7.50", None],
        "more": [None, "True", None, "False"],
    }


def test_columns_that_only_some_lines_have_are_read(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydro.data.json_files.BLOCK", 2)
    rows = [f'{{"text": "t{row}", "c{row}": {row}}}\n' for row in range(5)]

    frame = read_table(write("table.jsonl", "".join(rows)), ["text"])

    assert frame["text"].tolist() == [f"t{row}" for row in range(5)]
    assert list(frame.columns) == ["text", *(f"c{row}" for row in range(5))]
    assert frame["c3"].dropna().to_dict() == {3: "3"}


def test_a_list_or_an_object_is_left_out_unless_it_is_needed(write: Callable[..., Path]) -> None:
    path = write("table.jsonl", '{"text": "a", "odd": "x"}\n{"text": "b", "odd": [1]}\n')

    assert list(read_table(path, ["text"]).columns) == ["text"]
    with pytest.raises(DataError, match=r"line 2: 'odd' is a list or an object, not a text"):
        read_table(path, ["odd"])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"text": "a"}\n{"text": \n', "line 2 is not JSON: Expecting value"),
        (b'{"text": "a"}\n[1]\n', "line 2 is no object. Write one a line"),
        (b'[{"text": "a"}]', "line 1 is no object"),
        (b"[" * 100_000, "line 1 is not JSON"),
        (b'{"text": "a\\u0000"}', "line 1, 'text': line 1, byte 1: a NUL byte"),
        (b'{"text": "a"}\n{"text": "\\ud800"}', "line 2, 'text': line 1, byte 0: 0xed"),
        (b'{"text": "a"}\n{"text": "\x81"}', "line 2, byte 24: 0x81 is not UTF-8"),
        (b"\n \n", "is empty. It needs an object a line"),
        (b'{"txet": "a"}', "no column 'text'; available: 'txet'. Did you mean 'txet'?"),
    ],
)
def test_a_malformed_line_is_an_error_with_its_number(
    write: Callable[..., Path], content: bytes, says: str
) -> None:
    with pytest.raises(DataError) as caught:
        read_table(write("table.jsonl", content), ["text"])

    assert says in str(caught.value)
    assert "table.jsonl" in str(caught.value)

"""Every kind of Parquet column is text in the end, or an error with the column."""

import datetime as dt
import decimal
import io
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hydro.data.parquet_files import read_parquet
from hydro.data.source import Source
from hydro.data.tables import read_table
from hydro.errors import DataError


@pytest.fixture
def write_parquet(tmp_path: Path) -> Callable[..., Path]:
    def write_columns(**columns: Any) -> Path:
        pq.write_table(pa.table(columns), tmp_path / "table.parquet")
        return tmp_path / "table.parquet"

    return write_columns


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array(["NA", "", None]), ["NA", "", None]),
        (pa.array(["x", None], pa.string_view()), ["x", None]),
        (pa.array([1, -7, None]), ["1", "-7", None]),
        (pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
        (pa.array([1.0, 2.5, float("nan"), None]), ["1", "2.5", None, None]),
        (pa.array([0.1, 3.0], pa.float32()), ["0.1", "3"]),
        (pa.array([0.5, 3.0], pa.float16()), ["0.5", "3"]),
        (pa.array([True, False, None]), ["True", "False", None]),
        (pa.array([dt.date(2024, 1, 2)]), ["2024-01-02"]),
        (pa.array([dt.datetime(2024, 1, 2, 3)], pa.timestamp("ms")), ["2024-01-02 03:00:00.000"]),
        (pa.array([decimal.Decimal("1.50")]), ["1.50"]),
        (pa.array(["b", "a", None]).dictionary_encode(), ["b", "a", None]),
        (pa.array([None, None]), [None, None]),
        (pa.array([b"caf\xc3\xa9", None]), ["café", None]),
        (pa.array([b"ab"], pa.binary(2)), ["ab"]),
    ],
)
def test_values_of_any_plain_type_become_text(
    write_parquet: Callable[..., Path], values: pa.Array, texts: list[str | None]
) -> None:
    column = read_table(write_parquet(text=values), ["text"])["text"]

    assert [None if pd.isna(text) else text for text in column] == texts


def test_a_categorical_column_of_pandas_and_its_index_are_read_as_written(tmp_path: Path) -> None:
    frame = pd.DataFrame({"label": pd.Categorical(["b", "a"])}, index=[7, 9])
    frame.to_parquet(tmp_path / "table.pq")

    read = read_table(tmp_path / "table.pq")

    assert read["label"].tolist() == ["b", "a"]
    assert read.index.tolist() == [0, 1]


_NO_TEXT = [
    (pa.array([["a"], None]), "column 'odd' is of type list"),
    (pa.array([{"a": 1}, None]), "column 'odd' is of type struct"),
    (pa.array([b"fine", b"\xff"]), "column 'odd', row 2, is of type binary"),
]


@pytest.mark.parametrize(("values", "says"), _NO_TEXT)
def test_a_column_that_cannot_be_text_is_an_error_where_it_is_needed(
    write_parquet: Callable[..., Path], values: pa.Array, says: str
) -> None:
    path = write_parquet(text=["a", "b"], odd=values)

    with pytest.raises(DataError) as caught:
        read_table(path, ["odd"])

    assert f"table.parquet: {says}" in str(caught.value)


@pytest.mark.parametrize(("values", "says"), _NO_TEXT)
def test_a_column_that_cannot_be_text_is_left_out_where_it_is_not_needed(
    write_parquet: Callable[..., Path], values: pa.Array, says: str
) -> None:
    frame = read_table(write_parquet(text=["a", "b"], odd=values), ["text"])

    assert list(frame.columns) == ["text"]


def test_columns_that_share_a_name_are_an_error_where_it_is_needed(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(["a"])] * 3, names=["text", "label", "text"])
    pq.write_table(table, tmp_path / "table.parquet")

    with pytest.raises(DataError, match="columns 1 and 3 are both called 'text'"):
        read_table(tmp_path / "table.parquet", ["text"])


def test_a_nul_is_an_error_with_its_row(write_parquet: Callable[..., Path]) -> None:
    path = write_parquet(text=["fine", "\0"], label=["a", None])

    with pytest.raises(DataError, match="column 'text', row 2: a NUL character"):
        read_table(path)


def test_names_with_dots_are_names_not_paths(write_parquet: Callable[..., Path]) -> None:
    path = write_parquet(**{"my.text": ["a"], "my.label": ["b"], "my": ["c"]})

    assert read_table(path, ["my.text"], others=False).to_dict("list") == {"my.text": ["a"]}


def test_a_table_without_rows_is_an_error(write_parquet: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="has no rows"):
        read_table(write_parquet(text=pa.array([], pa.string())))


def _damaged(whole: bytes, seed: int) -> bytes:
    chance = random.Random(seed)
    damaged = bytearray(whole)
    for _ in range(chance.choice([1, 2, 8])):
        damaged[chance.randrange(4, len(damaged))] = chance.randrange(256)
    return bytes(damaged[: chance.randrange(4, len(damaged))] if seed % 5 == 0 else damaged)


def test_a_damaged_file_gives_a_table_or_a_data_error(write: Callable[..., Path]) -> None:
    buffer = io.BytesIO()
    labels = pa.array(["x", "y", None] * 20).dictionary_encode()
    pq.write_table(pa.table({"text": ["a", "é", "NA"] * 20, "label": labels}), buffer)
    refused = 0

    for seed in range(100):
        path = write("table.parquet", _damaged(buffer.getvalue(), seed))
        try:
            read_table(path, ["text"])
        except DataError as error:
            refused += "table.parquet is damaged or no Parquet table" in str(error)

    assert refused > 80


def test_a_string_that_is_no_utf_8_is_damage(write_parquet: Callable[..., Path]) -> None:
    raw = pa.array([b"fine", b"\xff"])
    text = pa.Array.from_buffers(pa.string(), len(raw), raw.buffers())

    with pytest.raises(DataError, match="damaged"):
        read_table(write_parquet(text=text))


def test_a_name_that_is_no_utf_8_is_damage(write_parquet: Callable[..., Path]) -> None:
    path = write_parquet(text=["a"])
    path.write_bytes(path.read_bytes().replace(b"text", b"\xfftxt"))

    with pytest.raises(DataError, match="damaged"):
        read_table(path)


def test_what_has_been_read_is_let_go_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pa.table({"text": [f"{row:01000d}" for row in range(20_000)]})
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=1000, compression="none")
    taken = [pa.total_allocated_bytes()]

    def collect(tables: Iterable[pa.Table], schema: pa.Schema) -> pa.Table:
        for _ in tables:
            taken.append(pa.total_allocated_bytes())
        return schema.empty_table()

    monkeypatch.setattr("hydro.data.parquet_files.BLOCK", 1000)
    monkeypatch.setattr("hydro.data.parquet_files.collect", collect)
    read_parquet(tmp_path / "rows.parquet", Source("rows.parquet", ["text"]))
    assert len(taken) == 21
    assert max(taken) - taken[0] < table.nbytes / 4

"""Any file gives the table that it holds, or an error that says what to do."""

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydro.data.tables import read_table
from hydro.errors import DataError

_TEXT = "text,label\nhello,a\nbye,b\n"


def _zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("table.csv", _TEXT)
    return buffer.getvalue()


def _parquet() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"text": ["hello", "bye"], "label": ["a", "b"]}), buffer)
    return buffer.getvalue()


_CONTENTS = {"csv": _TEXT.encode(), "zip": _zipped(), "parquet": _parquet(), "pq": _parquet()}


@pytest.mark.parametrize("ending", ["csv", "CSV", "zip", "parquet", "pq"])
def test_every_format_gives_the_same_table(write: Callable[..., Path], ending: str) -> None:
    frame = read_table(write(f"table.{ending}", _CONTENTS[ending.lower()]))

    assert frame.to_dict("list") == {"text": ["hello", "bye"], "label": ["a", "b"]}
    assert isinstance(frame.index, pd.RangeIndex)


def test_only_the_required_columns_are_read_without_others(write: Callable[..., Path]) -> None:
    frame = read_table(write("table.csv", _TEXT), ["label"], others=False)

    assert list(frame.columns) == ["label"]


def test_memory_grows_with_the_columns_that_are_read(write: Callable[..., Path]) -> None:
    path = write("table.csv", "text,rest\n" + f"{'t' * 40},{'r' * 400}\n" * 20_000)
    before = pa.total_allocated_bytes()

    frame = read_table(path, ["text"], others=False)

    assert len(frame) == 20_000
    assert pa.total_allocated_bytes() - before < 3 * 20_000 * 48


@pytest.mark.parametrize(
    ("ending", "content", "says"),
    [
        ("csv", "zip", "is a zip"),
        ("csv", "parquet", "is a Parquet table"),
        ("zip", "csv", "is neither a zip nor a Parquet table"),
        ("zip", "parquet", "is a Parquet table"),
        ("parquet", "csv", "is neither a zip nor a Parquet table"),
        ("pq", "zip", "is a zip"),
    ],
)
def test_a_file_of_another_format_than_its_name_says_is_refused(
    write: Callable[..., Path], ending: str, content: str, says: str
) -> None:
    path = write(f"table.{ending}", _CONTENTS[content])

    with pytest.raises(DataError, match=f"table.{ending} {says}"):
        read_table(path)


@pytest.mark.parametrize("name", ["table.txt", "table", "table.csv.gz", "table.xlsx"])
def test_an_unknown_ending_is_refused(write: Callable[..., Path], name: str) -> None:
    with pytest.raises(DataError, match=r"\.csv, \.pq, \.parquet, \.zip"):
        read_table(write(name, _TEXT))


@pytest.mark.parametrize("ending", ["csv", "parquet", "zip"])
def test_a_missing_file_or_a_folder_is_an_error_with_the_path(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"folder.{ending}").mkdir()

    with pytest.raises(DataError, match=f"folder.{ending} is a folder"):
        read_table(tmp_path / f"folder.{ending}")
    with pytest.raises(DataError, match=f"missing.{ending} does not exist"):
        read_table(tmp_path / f"missing.{ending}")
    with pytest.raises(DataError, match="does not exist"):
        read_table(Path(f"a\0b.{ending}"))
    with pytest.raises(DataError, match="cannot be read: File name too long"):
        read_table(tmp_path / f"{'x' * 1000}.{ending}")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to the superuser")
def test_an_unreadable_file_is_an_error_with_the_path(write: Callable[..., Path]) -> None:
    path = write("table.csv", _TEXT)
    path.chmod(0)

    with pytest.raises(DataError, match=r"table\.csv cannot be read: Permission denied"):
        read_table(path)


@pytest.mark.parametrize("ending", ["csv", "parquet", "zip"])
def test_a_file_of_zero_bytes_is_an_error(write: Callable[..., Path], ending: str) -> None:
    with pytest.raises(DataError, match=f"table.{ending}"):
        read_table(write(f"table.{ending}", b""))


@pytest.mark.parametrize("text", ["text,label\n", "text,label", "\n\ntext,label\r\n\r\n"])
def test_a_table_without_rows_is_an_error(write: Callable[..., Path], text: str) -> None:
    with pytest.raises(DataError, match="has no rows"):
        read_table(write("table.csv", text))


_MARKS = st.sampled_from([b"", b"PAR1", b"PK\x03\x04", b"\xef\xbb\xbf", b"text,label\n"])
_BYTES = st.binary(max_size=200) | st.text("ab,;\t\"'\n\r é\0", max_size=60).map(str.encode)


@settings(max_examples=100, deadline=None, database=None)
@given(mark=_MARKS, content=_BYTES, ending=st.sampled_from([".csv", ".parquet", ".zip"]))
def test_any_bytes_give_a_table_or_a_data_error(
    tmp_path_factory: pytest.TempPathFactory, mark: bytes, content: bytes, ending: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{ending}"
    path.write_bytes(mark + content)

    try:
        frame = read_table(path)
    except DataError as error:
        assert path.name in str(error)
    else:
        assert len(frame) > 0

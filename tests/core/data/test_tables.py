"""Any file gives the table that it holds, or an error that says what to do."""

import csv
import errno
import gzip
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydro.data.tables import FORMATS, read_table, table_name
from hydro.errors import DataError, ResourceError

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


def _workbook() -> bytes:
    buffer = io.BytesIO()
    workbook = openpyxl.Workbook()
    for row in csv.reader(_TEXT.splitlines()):
        workbook.active.append(row)
    workbook.save(buffer)
    return buffer.getvalue()


_LINES = "".join(f"{json.dumps(row)}\n" for row in csv.DictReader(_TEXT.splitlines()))
_CONTENTS = {
    "csv": _TEXT.encode(),
    "tsv": _TEXT.replace(",", "\t").encode(),
    "csv.gz": gzip.compress(_TEXT.encode()),
    "tsv.gz": gzip.compress(_TEXT.replace(",", "\t").encode()),
    "jsonl": _LINES.encode(),
    "ndjson": _LINES.encode(),
    "jsonl.gz": gzip.compress(_LINES.encode()),
    "xlsx": _workbook(),
    "xls": b"\xd0\xcf\x11\xe0 and more",
    "zip": _zipped(),
    "parquet": _parquet(),
    "pq": _parquet(),
}


@pytest.mark.parametrize("ending", ["CSV", *(each for each in _CONTENTS if each != "xls")])
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
        ("csv", "zip", "is a zip or a workbook"),
        ("csv", "parquet", "is a Parquet table"),
        ("csv", "csv.gz", "is compressed by gzip"),
        ("tsv", "xls", "is an Excel workbook of before 2007"),
        ("jsonl", "zip", "is a zip or a workbook"),
        ("zip", "csv", "is not a zip or a workbook"),
        ("zip", "parquet", "is a Parquet table"),
        ("parquet", "csv", "is not a Parquet table"),
        ("pq", "zip", "is a zip or a workbook"),
        ("csv.gz", "csv", "is not compressed by gzip"),
        ("xlsx", "csv", "is not a zip or a workbook"),
        ("xlsx", "xls", "is an Excel workbook of before 2007"),
    ],
)
def test_a_file_of_another_format_than_its_name_says_is_refused(
    write: Callable[..., Path], ending: str, content: str, says: str
) -> None:
    path = write(f"table.{ending}", _CONTENTS[content])

    with pytest.raises(DataError, match=f"table.{ending} {says}"):
        read_table(path)


@pytest.mark.parametrize("name", ["table.txt", "table", "table.txt.gz", "table.gz", "table.xls"])
def test_an_unknown_ending_is_refused(write: Callable[..., Path], name: str) -> None:
    with pytest.raises(DataError, match=r"\.csv, \.tsv, \.jsonl, .*\.csv\.gz, .*\.xlsx, \.zip"):
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


@pytest.mark.parametrize(
    "url", ["s3://bucket/a/t.csv", "https://example.org/t.csv?x=1", "gs://b/t.pq"]
)
def test_a_url_is_named_for_what_it_is(tmp_path: Path, url: str) -> None:
    for path in (Path(url), tmp_path / url):
        with pytest.raises(DataError) as caught:
            read_table(path.with_name(path.name.partition("?")[0]))
        assert f"is a URL ({url.partition('?')[0]}), and tables are read from files" in str(
            caught.value
        )


def test_a_disk_that_is_full_of_the_copy_is_named(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("hydro.data.text_input.encoding._convert", fail)
    with pytest.raises(
        ResourceError, match=r"no space for a copy of the table as UTF-8 in .*TMPDIR"
    ):
        read_table(write("table.csv", _TEXT.encode("utf-16")))


@pytest.mark.parametrize("error", [MemoryError(), pa.ArrowMemoryError("malloc of size 9 failed")])
@pytest.mark.parametrize(
    ("ending", "reader"),
    [
        ("csv", "pyarrow.csv.read_csv"),
        ("parquet", "pyarrow.parquet.ParquetFile"),
        ("zip", "pyarrow.csv.read_csv"),
    ],
)
def test_memory_that_does_not_suffice_is_named_with_what_helps(
    write: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    ending: str,
    reader: str,
    error: Exception,
) -> None:
    path = write(f"table.{ending}", _CONTENTS[ending])

    def fail(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(reader, fail)
    with pytest.raises(ResourceError) as caught:
        read_table(path)
    assert str(caught.value).startswith(f"{path}: out of memory while a table of")
    advice = "smaller row groups" if ending == "parquet" else "Save it as Parquet"
    assert advice in str(caught.value)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("a.csv", "a"),
        ("a.b.CSV.gz", "a.b"),
        ("a.jsonl.gz", "a"),
        ("a.xlsx", "a"),
        ("a.txt", "a"),
        ("a", "a"),
    ],
)
def test_the_name_of_a_table_is_without_its_format(file: str, name: str) -> None:
    assert table_name(Path("folder.csv") / file) == name


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to the superuser")
def test_an_unreadable_file_is_an_error_with_the_path(write: Callable[..., Path]) -> None:
    path = write("table.csv", _TEXT)
    path.chmod(0)

    with pytest.raises(DataError, match=r"table\.csv cannot be read: Permission denied"):
        read_table(path)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "csv.gz", "xlsx", "parquet", "zip"])
def test_a_file_of_zero_bytes_is_an_error(write: Callable[..., Path], ending: str) -> None:
    with pytest.raises(DataError, match=f"table.{ending}"):
        read_table(write(f"table.{ending}", b""))


@pytest.mark.parametrize("text", ["text,label\n", "text,label", "\n\ntext,label\r\n\r\n"])
def test_a_table_without_rows_is_an_error(write: Callable[..., Path], text: str) -> None:
    with pytest.raises(DataError, match="has no rows"):
        read_table(write("table.csv", text))


_MARKS = st.sampled_from(
    [
        *(b"", b"PAR1", b"PK\x03\x04", b"\xef\xbb\xbf", b"text,label\n"),
        b'{"a": ',
        b"\x1f\x8b",
        b"\xff\xfe",
    ]
)
_BYTES = st.binary(max_size=200) | st.text("ab,;\t\"'\n\r é\0", max_size=60).map(str.encode)


@settings(max_examples=200, deadline=None, database=None)
@given(mark=_MARKS, content=_BYTES, ending=st.sampled_from([*FORMATS]))
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

"""Read a table from a file of any supported format, with nothing guessed about its values."""

import errno
import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow as pa

from hydro.data.csv_files import parse_csv
from hydro.data.excel_files import read_excel
from hydro.data.json_files import parse_json_lines
from hydro.data.parquet_files import read_parquet
from hydro.data.source import Source
from hydro.data.zip_files import read_gzip, read_zip
from hydro.errors import DataError, HydroError, ResourceError
from hydro.paths import find_url

_TEXT: dict[str, Callable[[Source, BinaryIO], pa.Table]] = {
    ".csv": parse_csv,
    ".tsv": partial(parse_csv, separator="\t"),
    ".jsonl": parse_json_lines,
    ".ndjson": parse_json_lines,
}
"""Readers of text, which may be compressed: ``.csv.gz``."""

_BINARY = {".pq": read_parquet, ".parquet": read_parquet, ".xlsx": read_excel, ".zip": read_zip}

FORMATS = (*_TEXT, *(f"{suffix}.gz" for suffix in _TEXT), *_BINARY)

_SIGNATURES = {
    b"PAR1": "a Parquet table",
    b"PK\x03\x04": "a zip or a workbook",
    b"PK\x05\x06": "a zip or a workbook",
    b"\x1f\x8b": "compressed by gzip",
    b"\xd0\xcf\x11\xe0": "an Excel workbook of before 2007",
}
"""How files start; text has no signature."""

_SIGNATURE_OF = {
    ".pq": "a Parquet table",
    ".parquet": "a Parquet table",
    ".xlsx": "a zip or a workbook",
    ".zip": "a zip or a workbook",
    ".gz": "compressed by gzip",
}


def read_table(
    path: Path,
    columns: Sequence[str] = (),
    *,
    optional: Sequence[str] = (),
    others: bool = True,
    warnings: list[str] | None = None,
) -> pd.DataFrame:
    """Read a table of one of the ``FORMATS``; a ``.zip`` is of CSVs.

    Every column is of strings, as they are written in the file. A value is missing (``isna()``)
    only where a field of a CSV or a cell is empty, or a value is null or not a number.

    Args:
        path: the file.
        columns: the columns that have to be there.
        optional: the columns that may be there, and then once only.
        others: read all other columns too, except lists, structs and bytes.
        warnings: what the user should know of how the file was read is added to it.

    Returns:
        The table, in the order of the file, numbered from 0.

    Raises:
        DataError: the file is missing, unreadable, damaged or without rows, is of another format
            than its suffix says, or lacks a column.
        ResourceError: the memory, or the disk for a copy, does not suffice.
    """
    source = Source(str(path), columns, optional, others)
    with explain_memory(path):
        try:
            table = source.without_empty(_reader(path)(path, source))
        except OSError as error:
            raise _unreadable(path, error) from None
        if not table.num_rows:
            msg = f"{path} has no rows. It needs at least one below the names of the columns"
            raise DataError(msg)
        frame: pd.DataFrame = table.to_pandas()
    if warnings is not None:
        named = (warning.replace(str(path), path.name) for warning in source.warnings)
        warnings.extend(dict.fromkeys(named))
    return frame


@contextmanager
def explain_memory(path: Path) -> Iterator[None]:
    """Explain what helps where the memory does not suffice for a table.

    Raises:
        ResourceError: instead of what Python or Arrow raised.
    """
    try:
        yield
    except MemoryError:
        size = path.stat().st_size
        is_parquet = path.suffix.lower() in (".pq", ".parquet")
        how = (
            "Write it in smaller row groups"
            if is_parquet
            else "Save it as Parquet, which is read a block at a time"
        )
        msg = (
            f"{path}: out of memory while a table of {size:,} bytes is read. {how}, or leave out "
            "columns and rows that are not needed"
        )
        raise ResourceError(msg) from None


def table_name(path: Path) -> str:
    """Return the name of a table's file without the suffix of its format."""
    suffix = next((each for each in FORMATS if path.name.lower().endswith(each)), path.suffix)
    return path.name.removesuffix(path.name[-len(suffix) :]) if suffix else path.name


def hash_table(path: Path) -> str:
    """Return the SHA-256 of the file of a table, by which a changed one is known.

    Raises:
        DataError: it cannot be read.
    """
    try:
        _first_bytes(path)
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from None


def _reader(path: Path) -> Callable[[Path, Source], pa.Table]:
    """Choose the reader by the suffix, and see that the first bytes do not contradict it."""
    suffix = path.suffix.lower()
    packed = suffix == ".gz"
    of_text = _TEXT.get(path.with_suffix("").suffix.lower() if packed else suffix)
    if suffix not in _BINARY and of_text is None:
        msg = f"{path}: the name of a table has to end in one of {', '.join(FORMATS)}"
        raise DataError(msg)
    start = _first_bytes(path)
    found = next((what for mark, what in _SIGNATURES.items() if start.startswith(mark)), None)
    if found != _SIGNATURE_OF.get(suffix):
        what = found or f"not {_SIGNATURE_OF[suffix]}"
        msg = f"{path} is {what}, other than its name says. Rename or convert it"
        raise DataError(msg)
    return _BINARY[suffix] if of_text is None else partial(_read_text, of_text, packed=packed)


def _read_text(
    parse: Callable[[Source, BinaryIO], pa.Table], path: Path, source: Source, *, packed: bool
) -> pa.Table:
    if packed:
        return read_gzip(path, partial(parse, source))
    with path.open("rb") as file:
        return parse(source, file)


def _first_bytes(path: Path) -> bytes:
    if not path.is_file():
        if url := find_url(path):
            what = f"is a URL ({url}), and tables are read from files. Download it"
        else:
            what = (
                f"{'is a folder' if path.is_dir() else 'does not exist'}. Name the file of a table"
            )
        msg = f"{path} {what}"
        raise DataError(msg)
    with path.open("rb") as file:
        return file.read(4)


def _unreadable(path: Path, error: OSError) -> HydroError:
    why = error.strerror or error
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        msg = (
            f"{path}: no space for a copy of the table as UTF-8 in {tempfile.gettempdir()}. Free "
            "some there, set TMPDIR to a folder that has it, or save the table as UTF-8"
        )
        return ResourceError(msg)
    return DataError(f"{path} cannot be read: {why}. Check the path and its permissions")

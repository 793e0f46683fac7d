"""Read a table from a file of any supported format, with nothing guessed about its values."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hydro.data.csv_files import read_csv
from hydro.data.parquet_files import read_parquet
from hydro.data.zip_files import read_zip
from hydro.errors import DataError

_READERS = {".csv": read_csv, ".pq": read_parquet, ".parquet": read_parquet, ".zip": read_zip}
_SIGNATURES = {b"PAR1": read_parquet, b"PK\x03\x04": read_zip, b"PK\x05\x06": read_zip}
"""The first bytes of a file; a CSV has no signature."""

_CONTENTS = {
    read_csv: "neither a zip nor a Parquet table",
    read_parquet: "a Parquet table",
    read_zip: "a zip (or a workbook, which is one)",
}


def read_table(path: Path, columns: Sequence[str] = (), *, others: bool = True) -> pd.DataFrame:
    """Read a ``.csv``, ``.pq`` or ``.parquet`` file, or a ``.zip`` of CSVs.

    Every column is of strings, as they are written in the file. A value is missing (``isna()``)
    only where a field of a CSV is empty, or a value of a Parquet file is null or not a number.

    Args:
        path: the file.
        columns: the columns that have to be there.
        others: read all other columns too, except lists, structs and bytes of Parquet files.

    Returns:
        The table, in the order of the file, numbered from 0.

    Raises:
        DataError: the file is missing, unreadable, damaged or without rows, is of another format
            than its suffix says, or lacks a column.
    """
    read = _READERS.get(path.suffix.lower())
    if read is None:
        msg = f"{path}: the name of a table has to end in one of {', '.join(_READERS)}"
        raise DataError(msg)
    try:
        content = _SIGNATURES.get(_first_bytes(path), read_csv)
        if content is not read:
            msg = f"{path} is {_CONTENTS[content]}, not what its name says. Rename or convert it"
            raise DataError(msg)
        table = read(path, columns, others=others)
    except OSError as error:
        raise _unreadable(path, error) from None
    if not table.num_rows:
        msg = f"{path} has no rows. It needs at least one below the names of the columns"
        raise DataError(msg)
    frame: pd.DataFrame = table.to_pandas()
    return frame


def hash_table(path: Path) -> str:
    """Return the SHA-256 of the file of a table, by which a changed one is known.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> DataError:
    why = error.strerror or error
    return DataError(f"{path} cannot be read: {why}. Check the path and its permissions")


def _first_bytes(path: Path) -> bytes:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        msg = f"{path} {what}. Name the file of a table"
        raise DataError(msg)
    with path.open("rb") as file:
        return file.read(4)

"""Read tables that are compressed."""

import gzip
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path, PureWindowsPath
from typing import BinaryIO, cast

import pyarrow as pa

from hydro.data.csv_files import parse_csv
from hydro.data.source import Source
from hydro.errors import DataError

_BLOCK = 1 << 20

_MAX_GROWTH = 100
_HARMLESS_SIZE = 50 * 1024**2
"""Bytes. Up to here a zip may grow more than that: real text can be very repetitive."""

DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
)
"""What zipfile raises on a damaged, encrypted or oddly compressed file."""


def read_zip(path: Path, source: Source) -> pa.Table:
    """Read the CSVs of a zip, which have the same columns, and concatenate them in order of name.

    Args:
        path: the zip; folders in it are fine, hidden files and other files are ignored.
        source: the columns to read.

    Raises:
        DataError: the zip is damaged, encrypted, leads outside itself, unpacks to more than 100
            times its size or has no CSV; the CSVs differ in their columns; one cannot be read.
    """
    tables: list[tuple[str, pa.Table]] = []
    try:
        with zipfile.ZipFile(path) as archive:
            for member in _csv_members(path, archive):
                with archive.open(member) as file:
                    part = replace(source, where=f"{path} ({member.filename})")
                    tables.append((part.where, parse_csv(part, cast("BinaryIO", file))))
    except DAMAGE as error:
        msg = f"{path} is damaged, encrypted or no zip: {error}. Pack it again"
        raise DataError(msg) from None
    _check_columns(tables)
    return pa.concat_tables(table for _, table in tables)


def read_gzip(path: Path, read: Callable[[BinaryIO], pa.Table]) -> pa.Table:
    """Read a compressed file by a reader of what is in it.

    Raises:
        DataError: it is damaged, or unpacks to more than 100 times its size.
    """
    try:
        with gzip.open(path) as file:
            size = 0
            while block := file.read(_BLOCK):
                check_growth(path, size := size + len(block))
            return read(cast("BinaryIO", file))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        msg = f"{path} is damaged: {error}. Pack it again"
        raise DataError(msg) from None


def _csv_members(path: Path, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = sorted(archive.infolist(), key=lambda member: member.filename)
    _check_paths(path, members)
    check_growth(path, sum(member.file_size for member in members))
    chosen = [member for member in members if _is_csv(member)]
    if not chosen:
        names = ", ".join(member.filename for member in members) or "nothing"
        msg = f"{path} has no .csv in it; available: {names}"
        raise DataError(msg)
    return chosen


def _is_csv(member: zipfile.ZipInfo) -> bool:
    name = PureWindowsPath(member.filename)
    hidden = any(part.startswith((".", "__MACOSX")) for part in name.parts)
    return name.suffix.lower() == ".csv" and not hidden and not member.is_dir()


def _check_paths(path: Path, members: Sequence[zipfile.ZipInfo]) -> None:
    for member in members:
        # A Windows path understands both kinds of slashes, and drives.
        name = PureWindowsPath(member.filename)
        if name.anchor or ".." in name.parts:
            msg = f"{path}: {member.filename!r} leads outside the zip. Pack it with plain names"
            raise DataError(msg)


def check_growth(path: Path, size: int) -> None:
    """Refuse a compressed file that unpacks to this many bytes, if they are too many for it.

    Raises:
        DataError: it unpacks to more than 100 times its size.
    """
    if size > max(_HARMLESS_SIZE, _MAX_GROWTH * path.stat().st_size):
        msg = (
            f"{path} unpacks to {size:,} bytes or more, over {_MAX_GROWTH} times its size. "
            "If that is right, unpack it first"
        )
        raise DataError(msg)


def _check_columns(tables: Sequence[tuple[str, pa.Table]]) -> None:
    first, expected = tables[0]
    for where, table in tables:
        if table.column_names != expected.column_names:
            msg = (
                f"{where} has the columns {table.column_names}, but {first} has "
                f"{expected.column_names}. The CSVs of a zip need the same columns"
            )
            raise DataError(msg)

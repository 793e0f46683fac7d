"""Read CSV text as a table of strings."""

import csv
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.csv

from hydro.data.columns import choose_columns
from hydro.data.text_bytes import check_encoding, count_newlines
from hydro.errors import DataError

_SENTINEL = "\uf8ffend of table\uf8ff"
"""Fills a row of its own below the last one. A quote that is never closed swallows that row."""

_BLOCK = 1 << 24
_MAX_BYTES = 2**31 - 1


class _WithSentinel(io.RawIOBase):
    """The bytes of a file, then a row of sentinels."""

    def __init__(self, file: BinaryIO, width: int) -> None:
        file.seek(0)
        self._file = file
        self._sentinels = io.BytesIO(f"\n{','.join([_SENTINEL] * width)}\n".encode())

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        block = self._file.read(size)
        return block if len(block) == size else block + self._sentinels.read(size - len(block))


def read_csv(path: Path, columns: Sequence[str], *, others: bool) -> pa.Table:
    """Read a CSV file, as ``parse_csv`` does."""
    with path.open("rb") as file:
        return parse_csv(str(path), file, columns, others=others)


def parse_csv(where: str, file: BinaryIO, columns: Sequence[str], *, others: bool) -> pa.Table:
    """Read comma-separated UTF-8 text; every column is a string, null where a field is empty.

    Args:
        where: the file, for messages.
        file: its bytes, seekable.
        columns: the columns that have to be there.
        others: read all other columns too.

    Raises:
        DataError: with the line, if it is not UTF-8, a row is too long or too short, a quote is
            never closed, or a column is missing or there twice.
    """
    check_encoding(where, file)
    line, header = _header(where, file)
    names = choose_columns(where, header, columns, others=others)
    try:
        table = _parse(file, header, line, names)
    except pa.ArrowInvalid as error:
        msg = f"{where}: {_malformed_row(file, len(header)) or error}"
        raise DataError(msg) from None
    rows = table.num_rows - 1
    if table.slice(rows).to_pylist() != [dict.fromkeys(names, _SENTINEL)]:
        msg = f"{where}: {_malformed_row(file, len(header))}"
        raise DataError(msg)
    return table.slice(0, rows)


def _header(where: str, file: BinaryIO) -> tuple[int, list[str]]:
    """Return the line that the column names are on, and the names."""
    line, names = next(_records(file))
    if names == [_SENTINEL]:
        msg = f"{where} is empty. It needs a line with the names of the columns, and rows below it"
        raise DataError(msg)
    if _has_swallowed_sentinel(names):
        msg = f"{where}: {_malformed_row(file, len(names))}"
        raise DataError(msg)
    return line, names


def _parse(
    file: BinaryIO, header: list[str], line: int, names: list[str], block: int = _BLOCK
) -> pa.Table:
    """Parse the rows below the header, and the row of sentinels."""
    try:
        return pa.csv.read_csv(
            _WithSentinel(file, len(header)),
            pa.csv.ReadOptions(column_names=header, skip_rows_after_names=line, block_size=block),
            pa.csv.ParseOptions(newlines_in_values=True),
            pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()),
                include_columns=names,
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        if block > _BLOCK or "straddling" not in str(error):
            raise
    # A row is longer than a block: only now is it worth holding the whole file as one.
    size = file.seek(0, os.SEEK_END)
    return _parse(file, header, line, names, min(size + _BLOCK, _MAX_BYTES))


def _records(file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """Yield the line that each row starts on, and its fields; a single sentinel comes last.

    This is slower than Arrow's parser, but knows the lines.
    """
    with_sentinel = cast("BinaryIO", _WithSentinel(file, 1))
    text = io.TextIOWrapper(with_sentinel, encoding="utf-8-sig", newline="")
    limit = csv.field_size_limit(_MAX_BYTES)
    try:
        reader = csv.reader(text)
        line = 1
        for fields in reader:
            if fields:
                yield line, fields
            line = reader.line_num + 1
    finally:
        csv.field_size_limit(limit)


def _malformed_row(file: BinaryIO, width: int) -> str | None:
    """Describe on which line the first row is that has not this many fields, or never ends."""
    for line, fields in _records(file):
        if _has_swallowed_sentinel(fields):
            opened = line + sum(map(count_newlines, fields[:-1]))
            return f"the quote that opens on line {opened} is never closed. Close or remove it"
        if len(fields) != width and fields != [_SENTINEL]:
            found = "1 field" if len(fields) == 1 else f"{len(fields)} fields"
            return (
                f"line {line} has {found}, but the columns are {width}. "
                'A text with a comma needs double quotes around it; a quote inside them is ""'
            )
    return None


def _has_swallowed_sentinel(fields: list[str]) -> bool:
    return fields[-1].endswith(f"{_SENTINEL}\n")

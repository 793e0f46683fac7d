"""Read delimited text as a table of strings."""

import os
from collections.abc import Sequence
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv

from hydro.data.source import Source, as_data_error
from hydro.data.text_input.delimited import SENTINEL, TextTable, WithSentinel, open_table
from hydro.errors import DataError

_BLOCK = 1 << 24
_MAX_BYTES = 2**31 - 1


def parse_csv(source: Source, file: BinaryIO, separator: str | None = None) -> pa.Table:
    """Read delimited text; every column is a string, null where a field is empty.

    Args:
        source: the file and the columns to read of it.
        file: its bytes, seekable.
        separator: None to find it out.

    Raises:
        DataError: with the line, if it is no text, a row is too long or too short, a quote is never
            closed, or a column is missing or there twice.
    """
    with as_data_error(), open_table(source.where, file, source.columns, separator) as table:
        source.warnings.extend(table.warnings)
        return _read(source, table)


def _read(source: Source, table: TextTable) -> pa.Table:
    chosen = source.choose(table.header)
    try:
        parsed = _parse(table, [str(position) for position in chosen])
    except pa.ArrowInvalid as error:
        msg = f"{source.where}: {table.malformed_row() or error}"
        raise DataError(msg) from None
    rows = parsed.num_rows - 1
    if {*parsed.slice(rows).to_pylist()[0].values()} != {SENTINEL}:
        msg = f"{source.where}: {table.malformed_row()}"
        raise DataError(msg)
    return parsed.slice(0, rows).rename_columns([table.header[position] for position in chosen])


def _parse(table: TextTable, chosen: Sequence[str], block: int = _BLOCK) -> pa.Table:
    """Parse the rows below the header, and the row of sentinels; columns are called by position."""
    try:
        return pa.csv.read_csv(
            WithSentinel(table.file, len(table.header), table.separator),
            pa.csv.ReadOptions(
                column_names=[str(position) for position in range(len(table.header))],
                skip_rows_after_names=table.line,
                block_size=block,
            ),
            pa.csv.ParseOptions(delimiter=table.separator, newlines_in_values=True),
            pa.csv.ConvertOptions(
                column_types=dict.fromkeys(chosen, pa.large_string()),
                include_columns=chosen,
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        if block > _BLOCK or "straddling" not in str(error):
            raise
    # A row is longer than a block: only now is it worth holding the whole file as one.
    size = table.file.seek(0, os.SEEK_END)
    return _parse(table, chosen, min(size + _BLOCK, _MAX_BYTES))

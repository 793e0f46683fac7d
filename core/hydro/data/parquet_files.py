"""Read Parquet as a table of strings."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import types

from hydro.data.memory_map import BLOCK, collect
from hydro.data.source import Source
from hydro.errors import DataError

_PLAIN = (
    types.is_string,
    types.is_large_string,
    types.is_string_view,
    types.is_boolean,
    types.is_integer,
    types.is_floating,
    types.is_decimal,
    types.is_temporal,
    types.is_null,
)
"""Types of columns that are read if no name asks for them: neither nested ones nor bytes."""

_DAMAGE = (pa.ArrowException, OSError, UnicodeDecodeError)
"""What Arrow raises on a damaged file; the last if the name of a column is damaged."""


def read_parquet(path: Path, source: Source) -> pa.Table:
    """Read Parquet; every column becomes strings, null where a value is missing.

    Whole numbers read ``1`` even when stored as floats, truth values ``True`` and ``False``, dates
    as ISO 8601; bytes have to be UTF-8.

    Args:
        path: the file.
        source: the columns to read; of the others none that are lists, structs or bytes.

    Raises:
        DataError: the file is damaged; a column is missing, there twice, or cannot be text.
    """
    try:
        # Buffering ahead would keep all that was read until the end.
        with pq.ParquetFile(path, pre_buffer=False) as file:
            schema = file.schema_arrow
            names = [
                schema.names[position]
                for position in source.choose(schema.names)
                if source.needs(schema.names[position]) or _is_plain(schema.field(position).type)
            ]
            text = pa.schema([(name, pa.large_string()) for name in names])
            return collect(_text_tables(source, file, names), text)
    except MemoryError:
        raise
    except _DAMAGE as error:
        reason = " ".join(str(error).split())
        msg = f"{path} is damaged or no Parquet table: {reason}. Write or fetch it again"
        raise DataError(msg) from None


def _text_tables(source: Source, file: pq.ParquetFile, names: Sequence[str]) -> Iterator[pa.Table]:
    """Read the rows in blocks."""
    first = 1
    for batch in file.iter_batches(BLOCK, columns=list(names), use_pandas_metadata=False):
        table = pa.Table.from_batches([batch])
        table.validate(full=True)
        texts = [_as_text(source, name, table[name], first) for name in names]
        for name, column in zip(names, texts, strict=True):
            source.check_characters(name, column, first)
        yield pa.table(dict(zip(names, texts, strict=True)))
        first += len(batch)


def _is_plain(kind: pa.DataType) -> bool:
    if types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    return any(is_type(kind) for is_type in _PLAIN)


def _as_text(source: Source, name: str, column: pa.ChunkedArray, first: int) -> pa.ChunkedArray:
    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if types.is_boolean(column.type):
        column = pc.if_else(column, "True", "False")
    if types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    try:
        return column.cast(pa.large_string())
    except pa.ArrowException as error:
        msg = (
            f"{source.where}: column {name!r}{_first_undecodable(column, first)} is of type "
            f"{column.type} and cannot be read as text ({error}). Store one text a row in it"
        )
        raise DataError(msg) from None


def _first_undecodable(column: pa.ChunkedArray, first: int) -> str:
    for row, value in enumerate(column.to_pylist(), start=first):
        if isinstance(value, bytes) and value.decode(errors="ignore").encode() != value:
            return f", row {row},"
    return ""

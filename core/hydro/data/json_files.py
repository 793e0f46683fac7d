"""Read JSON Lines as a table of strings."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, TypeAlias

import pyarrow as pa

from hydro.data.memory_map import BLOCK
from hydro.data.source import Source, as_data_error
from hydro.data.text_input.encoding import as_utf_8, check_text
from hydro.errors import DataError

Row: TypeAlias = dict[str, str | None]

_TRUTH = {True: "True", False: "False"}


def parse_json_lines(source: Source, file: BinaryIO) -> pa.Table:
    """Read an object a line; numbers stay as they are written, null is missing.

    Args:
        source: the file and the columns to read of it; of the others none that hold lists or
            objects.
        file: its bytes, seekable.

    Raises:
        DataError: with the line, if it is no object, or a column that is needed holds a list or an
            object; a column is missing.
    """
    with as_data_error(), as_utf_8(source.where, file) as (text, warnings):
        source.warnings.extend(warnings)
        return _read(source, text)


def _read(source: Source, text: BinaryIO) -> pa.Table:
    nested: dict[str, int] = {}
    rows = _rows(source.where, text, nested)
    parts = []
    while block := list(islice(rows, BLOCK)):
        keys = dict.fromkeys(name for row in block for name in row)
        columns = {name: [row.get(name) for row in block] for name in keys}
        parts.append(pa.table(columns, pa.schema([(name, pa.large_string()) for name in keys])))
    if not parts:
        msg = f"{source.where} is empty. It needs an object a line"
        raise DataError(msg)
    table = pa.concat_tables(parts, promote_options="default")
    for name in source.columns:
        if name in nested:
            msg = (
                f"{source.where}: line {nested[name]}: {name!r} is a list or an object, not a text"
            )
            raise DataError(msg)
    names = [table.column_names[position] for position in source.choose(table.column_names)]
    return table.select([name for name in names if name not in nested])


def _rows(where: str, file: BinaryIO, nested: dict[str, int]) -> Iterator[Row]:
    """Yield the values of each line; ``nested`` gets the line of what is no plain value."""
    file.seek(0)
    for line, raw in enumerate(file, start=1):
        content = raw.decode("utf-8-sig" if line == 1 else "utf-8")
        if not content.strip():
            continue
        try:
            # Numbers stay as they are written; NaN is no value.
            row = json.loads(content, parse_int=str, parse_float=str, parse_constant=lambda _: None)
        except (ValueError, RecursionError) as error:
            msg = f"{where}: line {line} is not JSON: {error}. Write an object a line"
            raise DataError(msg) from None
        if not isinstance(row, dict):
            msg = f'{where}: line {line} is no object. Write one a line, as in {{"text": "…"}}'
            raise DataError(msg)
        for name, value in row.items():
            if isinstance(value, bool):
                row[name] = _TRUTH[value]
            elif isinstance(value, str):
                check_text(f"{where}, line {line}, {name!r}", value)
            elif value is not None:
                nested.setdefault(name, line)
                row[name] = None
        yield row

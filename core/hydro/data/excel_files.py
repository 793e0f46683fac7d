"""Read the first sheet of an Excel workbook as a table of strings."""

import datetime
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import pyarrow as pa

from hydro.data.source import Source
from hydro.data.zip_files import DAMAGE, check_growth
from hydro.errors import DataError, PluginError

_DAMAGE = (*DAMAGE, ParseError, LookupError, TypeError, AttributeError, OverflowError)
"""What openpyxl raises on a file that is no workbook."""


def read_excel(path: Path, source: Source) -> pa.Table:
    """Read the first sheet; its first row that is not empty has the names of the columns.

    Whole numbers read ``1``, truth values ``True`` and ``False``, dates as ISO 8601; a formula is
    the value that it had when the workbook was saved. Empty rows are skipped.

    Raises:
        DataError: it is no workbook, has no rows, or lacks a column.
        PluginError: openpyxl is missing.
    """
    try:
        import openpyxl
    except ImportError:
        msg = (
            f"{path}: reading Excel workbooks needs openpyxl. Run: pip install "
            "'hydro-experiments[excel]', or save the sheet as CSV UTF-8"
        )
        raise PluginError(msg) from None
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            # Of what it leaves out, such as styles and rules for input, none is a value.
            warnings.filterwarnings("ignore", module="openpyxl")
            with zipfile.ZipFile(file) as archive:
                check_growth(path, sum(member.file_size for member in archive.infolist()))
            workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
            sheet, *others = workbook.worksheets
            # What a file says of its size may be wrong.
            sheet.reset_dimensions()
            rows = [row for row in _rows(sheet) if any(value is not None for value in row)]
    except _DAMAGE as error:
        msg = f"{path} is damaged or no Excel workbook: {error}. Save it again"
        raise DataError(msg) from None
    if others:
        source.warnings.append(
            f"{path}: the sheet {sheet.title!r} is read, the first of {1 + len(others)}"
        )
    return _as_table(source, rows)


def _rows(sheet: Any) -> Iterator[list[str | None]]:
    for row in sheet.iter_rows(values_only=True):
        yield [_as_text(value) for value in row]


def _as_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    return str(value)


def _as_table(source: Source, rows: Sequence[Sequence[str | None]]) -> pa.Table:
    if not rows:
        msg = f"{source.where} is empty. It needs a row with the names of the columns"
        raise DataError(msg)
    width = max(map(len, rows))
    first, *others = [[*row, *[None] * (width - len(row))] for row in rows]
    header = [name or "" for name in first]
    texts = pa.large_string()
    arrays = {
        position: pa.chunked_array([[row[position] for row in others]], texts)
        for position in source.choose(header)
    }
    for position, column in arrays.items():
        source.check_characters(header[position], column)
    return pa.table([*arrays.values()], [header[position] for position in arrays])

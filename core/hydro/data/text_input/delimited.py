"""Tables of delimited text: their separator, their columns and their rows."""

import csv
import difflib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from .encoding import InputError, as_utf_8, count_newlines, is_blank

SENTINEL = "\uf8ffend of table\uf8ff"
"""Fills a row of its own below the last one. A quote that is never closed swallows that row."""

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}

MAX_COLUMNS = 10_000

MAX_FIELD = 2**31 - 1
"""Characters of a field."""

_MAX_NAMES = 20
_MAX_LENGTH = 60


@dataclass
class TextTable:
    """A table of delimited text whose encoding, separator and columns are known."""

    where: str
    """The file, for messages."""
    file: BinaryIO
    """UTF-8, from the start, seekable."""
    separator: str
    line: int
    """The line that ends the names of the columns."""
    header: list[str]
    warnings: list[str] = field(default_factory=list)

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line that each row starts on, and its fields; a single sentinel comes last."""
        return _records(self.file, self.separator)

    def malformed_row(self) -> str | None:
        """Describe the first row that has another number of fields than columns, or never ends."""
        return next(filter(None, (self.fault(*each) for each in self.records())), None)

    def fault(self, line: int, fields: Sequence[str]) -> str | None:
        """Describe what is wrong with a row, None if nothing is."""
        if _has_swallowed_sentinel(fields):
            opened = line + sum(map(count_newlines, fields[:-1]))
            return f"the quote that opens on line {opened} is never closed. Close or remove it"
        if len(fields) == len(self.header) or fields == [SENTINEL]:
            return None
        found = "1 field" if len(fields) == 1 else f"{len(fields)} fields"
        separator = SEPARATORS[self.separator].removesuffix("s")
        return (
            f"line {line} has {found}, but the columns are {len(self.header)}. "
            f'A text with a {separator} needs double quotes around it; a quote inside them is ""'
        )


@contextmanager
def open_table(
    where: str, file: BinaryIO, columns: Sequence[str], separator: str | None = None
) -> Iterator[TextTable]:
    """Open a seekable file, and find out its encoding, its separator and its header.

    Args:
        where: the file, for messages.
        file: its bytes.
        columns: the columns that have to be there, which tell the separator.
        separator: None to find it out.

    Raises:
        InputError: it is not text, is empty, or the header never ends.
    """
    with as_utf_8(where, file) as (text, warnings):
        separators = [separator] if separator else SEPARATORS
        headers = {each: next(_records(text, each)) for each in separators}
        found = _best_separator({each: names for each, (_, names) in headers.items()}, columns)
        line, names = headers[found]
        if names == [SENTINEL]:
            msg = f"{where} is empty. It needs a line with the names of the columns, and rows below"
            raise InputError(msg)
        table = TextTable(where, text, found, line, names, warnings)
        if _has_swallowed_sentinel(names):
            msg = f"{where}: {table.malformed_row()}"
            raise InputError(msg)
        if found not in (separator, ","):
            warnings.append(f"{where} has {SEPARATORS[found]} between its columns, and is read so")
        yield table


def choose_columns(
    where: str, found: Sequence[str], columns: Sequence[str], *, optional: Sequence[str] = ()
) -> tuple[list[int], list[str]]:
    """Choose the columns of a table that can be told apart by their names.

    Args:
        where: the file, for messages.
        found: the names in its header.
        columns: the names that have to be there.
        optional: names that may be there.

    Returns:
        The positions of the columns, and warnings if others are left out.

    Raises:
        InputError: a name is not there, or one of these stands for two columns.
    """
    if len(found) > MAX_COLUMNS:
        msg = f"{where} has {len(found):,} columns; at most {MAX_COLUMNS:,} are read. Remove some"
        raise InputError(msg)
    positions: dict[str, list[int]] = {}
    for position, name in enumerate(found):
        positions.setdefault(name, []).append(position)
    repeated = {name: places for name, places in positions.items() if len(places) > 1}
    for name in (*columns, *optional):
        if name in repeated:
            first, second, *_ = repeated[name]
            msg = (
                f"{where}: the columns {first + 1} and {second + 1} are both called {name!r}. "
                "Rename or remove one of them"
            )
            raise InputError(msg)
    for name in columns:
        if name not in positions:
            msg = f"{where}: no column {name!r}; available: {list_names(found)}{_hint(name, found)}"
            raise InputError(msg)
    unnamed = sum(len(places) for name, places in repeated.items() if is_blank(name))
    warnings = [f"{where}: {unnamed} columns without a name are left out"] if unnamed else []
    if shared := [name for name in repeated if not is_blank(name)]:
        warnings.append(f"{where}: columns that share a name are left out: {list_names(shared)}")
    return sorted(place for [place, *more] in positions.values() if not more), warnings


def read_rows(
    table: TextTable, columns: Sequence[str], warn: Callable[[str], object]
) -> Iterator[dict[str, str]]:
    """Read the rows of a table with the csv module, '' where a field is empty.

    Args:
        table: the table.
        columns: those that have to be there; others are read, too.
        warn: called with each warning of how the table is read.

    Raises:
        InputError: with the line, if a row is too long or too short, a quote is never closed, or a
            column is missing or there twice.
    """
    chosen, warnings = choose_columns(table.where, table.header, columns)
    for warning in (*table.warnings, *warnings):
        warn(warning)
    names = [table.header[position] for position in chosen]
    records = table.records()
    next(records)
    for line, fields in records:
        if fault := table.fault(line, fields):
            msg = f"{table.where}: {fault}"
            raise InputError(msg)
        if fields != [SENTINEL]:
            yield dict(zip(names, (fields[position] for position in chosen), strict=True))


def list_names(names: Sequence[str]) -> str:
    """Format names for a message: the first twenty, each cut to 60 characters."""
    shown = ", ".join(repr(name[:_MAX_LENGTH]) for name in names[:_MAX_NAMES])
    more = len(names) - _MAX_NAMES
    return f"{shown} and {more:,} more" if more > 0 else shown


class WithSentinel(io.RawIOBase):
    """The bytes of a table, then a row of sentinels."""

    def __init__(self, file: BinaryIO, width: int, separator: str) -> None:
        file.seek(0)
        self._file = file
        self._sentinels = io.BytesIO(f"\n{separator.join([SENTINEL] * width)}\n".encode())

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Read up to so many bytes."""
        block = self._file.read(size)
        return block if len(block) == size else block + self._sentinels.read(size - len(block))


def _records(file: BinaryIO, separator: str) -> Iterator[tuple[int, list[str]]]:
    with_sentinel = cast("BinaryIO", WithSentinel(file, 1, separator))
    text = io.TextIOWrapper(with_sentinel, encoding="utf-8-sig", newline="")
    limit = csv.field_size_limit(MAX_FIELD)
    try:
        reader = csv.reader(text, delimiter=separator)
        line = 1
        for fields in reader:
            if fields:
                yield line, fields
            line = reader.line_num + 1
    finally:
        csv.field_size_limit(limit)


def _has_swallowed_sentinel(fields: Sequence[str]) -> bool:
    return fields[-1].endswith(f"{SENTINEL}\n")


def _best_separator(headers: Mapping[str, Sequence[str]], columns: Sequence[str]) -> str:
    """Choose the separator that gives the columns, and most of all; a comma where two do."""
    fits = [each for each, names in headers.items() if {*columns} <= {*names}]
    return max(fits or headers, key=lambda each: len(headers[each]))


def _hint(name: str, found: Sequence[str]) -> str:
    for other in found:
        if other.strip().casefold() == name.strip().casefold():
            return f". Did you mean {other!r}? Blanks and capitals count"
    near = difflib.get_close_matches(name, found, n=1)
    return f". Did you mean {near[0]!r}?" if near else ""

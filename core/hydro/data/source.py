"""What is read of a table, and what the user should know of how it was read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from hydro.data.text_input.delimited import choose_columns
from hydro.data.text_input.encoding import InputError, is_blank
from hydro.errors import DataError


@dataclass(frozen=True)
class Source:
    """A file of a table, and the columns to read of it."""

    where: str
    """The file, for messages."""
    columns: Sequence[str] = ()
    """Those that have to be there."""
    optional: Sequence[str] = ()
    """Those that may be there, and then once only."""
    others: bool = True
    """Whether to read all others, too."""
    warnings: list[str] = field(default_factory=list)
    """What the user should know, a sentence each; readers add to it."""

    def choose(self, header: Sequence[str]) -> list[int]:
        """Return the positions of the columns to read, in the order of the file.

        Raises:
            DataError: a name is not there, or one of those that are needed stands for two columns.
        """
        with as_data_error():
            found, warnings = choose_columns(
                self.where, header, self.columns, optional=self.optional
            )
        if not found:
            msg = f"{self.where}: no column has a name of its own. Name each differently"
            raise DataError(msg)
        if self.others:
            self.warnings.extend(warnings)
            return found
        return [position for position in found if self.needs(header[position])]

    def needs(self, name: str) -> bool:
        """Return whether a column is read whatever is in it."""
        return name in self.columns or name in self.optional

    def without_empty(self, table: pa.Table) -> pa.Table:
        """Return a table without columns of which spreadsheets have no name and no value."""
        empty = [
            name
            for name in table.column_names
            if is_blank(name) and not self.needs(name) and table[name].null_count == len(table)
        ]
        if empty:
            msg = f"{self.where}: a column without a name and without values is left out"
            self.warnings.append(msg)
        return table.drop_columns(empty)

    def check_characters(self, name: str, texts: pa.ChunkedArray, first: int = 1) -> None:
        """Check that no text has a NUL, which most programs take for the end of a text.

        Args:
            name: of the column.
            texts: its values.
            first: the number of the first row, for the message.

        Raises:
            DataError: one has.
        """
        found = pc.index(pc.fill_null(pc.match_substring(texts, "\0"), False), True).as_py()
        if found >= 0:
            msg = f"{self.where}: column {name!r}, row {first + found}: a NUL character. Remove it"
            raise DataError(msg)


@contextmanager
def as_data_error() -> Iterator[None]:
    """Turn what a text or a table is refused for into an error of hydro.

    Raises:
        DataError: with the same message.
    """
    try:
        yield
    except InputError as error:
        raise DataError(str(error)) from None

"""Choose the columns of a table by the names in its header."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from hydro.errors import DataError

_MAX_NAMES = 20
_MAX_LENGTH = 60


@dataclass(frozen=True)
class Columns:
    """The columns of the user's table that a problem reads."""

    inputs: tuple[str, ...]
    """Inputs of the model. A row in which all are missing or blank is dropped."""
    targets: tuple[str, ...]
    """What it learns to predict. A row that lacks one is dropped; a test table may lack them."""


def choose_columns(
    where: str, found: Sequence[str], columns: Sequence[str], *, others: bool
) -> list[str]:
    """Choose the columns to read, in the order of the file.

    Args:
        where: the file, for messages.
        found: the names in its header.
        columns: the names that have to be there.
        others: choose all others too.

    Raises:
        DataError: a name is not there, or stands for two columns.
    """
    _check_unique(where, found)
    for name in columns:
        if name not in found:
            msg = f"{where}: no column {name!r}; available: {list_names(found)}{_hint(name, found)}"
            raise DataError(msg)
    return [name for name in found if others or name in columns]


def list_names(names: Sequence[str]) -> str:
    """Format names for a message: the first twenty, each cut to 60 characters."""
    shown = ", ".join(repr(name[:_MAX_LENGTH]) for name in names[:_MAX_NAMES])
    more = len(names) - _MAX_NAMES
    return f"{shown} and {more:,} more" if more > 0 else shown


def _check_unique(where: str, found: Sequence[str]) -> None:
    first: dict[str, int] = {}
    for position, name in enumerate(found, start=1):
        if name in first:
            msg = (
                f"{where}: the columns {first[name]} and {position} are both called {name!r}. "
                "Rename or remove one of them"
            )
            raise DataError(msg)
        first[name] = position


def _hint(name: str, found: Sequence[str]) -> str:
    for separator, plural in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(found) == 1 and separator in found[0]:
            return f". The columns look separated by {plural}; save the table with commas"
    for other in found:
        if other.strip().casefold() == name.strip().casefold():
            return f". Did you mean {other!r}? Blanks and capitals count"
    near = difflib.get_close_matches(name, found, n=1)
    return f". Did you mean {near[0]!r}?" if near else ""

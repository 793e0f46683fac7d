"""Writes files that are complete or absent, and names the file in every error."""

import csv
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from safetensors import SafetensorError

from hydro.errors import ResourceError

if TYPE_CHECKING:
    import pandas as pd

JsonObject: TypeAlias = dict[str, Any]
"""An object of a JSON file: text keys, and values of any kind."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Name the file or folder that is being written when the disk is full or cannot be written.

    Raises:
        ResourceError: instead of what the system or safetensors raised.
    """
    try:
        yield
    except (OSError, SafetensorError) as error:
        why = getattr(error, "strerror", None) or error
        raise write_error(path, f"cannot be written: {why}") from error


@contextmanager
def open_atomic(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name once it is complete and on the disk.

    Raises:
        ResourceError: the file cannot be written; an earlier one is as it was.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with writing(path):
            with partial.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a file atomically, in UTF-8."""
    with open_atomic(path) as file:
        file.write(text.encode("utf-8"))


def write_json(path: Path, values: Mapping[str, object] | Sequence[Mapping[str, object]]) -> None:
    """Write a JSON file atomically."""
    write_text(path, json.dumps(values, indent=2, allow_nan=False) + "\n")


def write_csv(path: Path, table: "pd.DataFrame") -> None:
    """Write a table atomically, without its index."""
    # Every text is quoted: pandas would leave one with a lone carriage return as it is.
    write_text(path, table.to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC))


def make_folder(path: Path) -> Path:
    """Make a folder where it is missing, and return it.

    Raises:
        ResourceError: it cannot be made.
    """
    with writing(path):
        path.mkdir(exist_ok=True)
    return path


def write_error(path: Path, why: str) -> ResourceError:
    """Return the error of a path that cannot be written."""
    return ResourceError(f"{path}: {why}. Free some space there, or choose another --output")

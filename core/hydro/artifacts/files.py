"""Writes files that are complete or absent, and names the file in every error."""

import csv
import errno
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from safetensors import SafetensorError

from hydro.artifacts.deletion import delete_file, locked, partial_path, replace_file
from hydro.errors import DiskFullError, FolderError, ResourceError

if TYPE_CHECKING:
    import pandas as pd

JsonObject: TypeAlias = dict[str, Any]
"""An object of a JSON file: text keys, and values of any kind."""


FULL_DISK_MESSAGES = (
    *map(os.strerror, (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)),
    "PytorchStreamWriter failed writing file",
)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Name the file or folder that is being written when the disk is full or cannot be written.

    Raises:
        ResourceError: instead of what the system, safetensors or a library in C++ raised.
    """
    try:
        yield
    except (OSError, SafetensorError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not _is_disk_full(error):
            raise
        why = getattr(error, "strerror", None) or error
        raise write_error(path, f"cannot be written: {why}", full=_is_disk_full(error)) from error


@contextmanager
def open_atomic(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name once it is complete and on the disk.

    Raises:
        ResourceError: the file cannot be written; an earlier one is as it was.
    """
    partial = partial_path(path)
    try:
        with writing(path):
            with partial.open("wb") as file, locked(partial):
                yield file
                file.flush()
                os.fsync(file.fileno())
            replace_file(partial, path)
    finally:
        delete_file(partial)


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


def require_writable(folder: Path, names: Iterable[str]) -> None:
    """Check before long work that files of some names can be written into a folder, which is made.

    Raises:
        ResourceError: the folder cannot be written, or a name is too long for it.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        with writing(folder / name):
            partial = partial_path(folder / name)
            partial.touch()
            delete_file(partial)


def write_error(path: Path, why: str, *, full: bool = False) -> ResourceError:
    """Return the error of a path that cannot be written; ``full`` if the disk is full."""
    kind = DiskFullError if full else FolderError
    return kind(f"{path}: {why}. Free some space there, or choose another --output")


def _is_disk_full(error: BaseException) -> bool:
    """Return whether the disk, a quota or the limit of a file's size ended the writing.

    Libraries in C++ raise nothing but a RuntimeError, with the words of the system.
    """
    code = getattr(error, "errno", None)
    full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return code in full or any(words in str(error) for words in FULL_DISK_MESSAGES)

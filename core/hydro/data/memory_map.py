"""Tables and arrays too big for memory, in files that are mapped into it.

The system reads their pages on access and evicts them when memory is short, so the memory that a
process has to hold does not grow with the rows.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from hydro.artifacts.cache import default_cache, tables_folder
from hydro.errors import ResourceError

Number = TypeVar("Number", bound=np.number)

BLOCK = 65_536
"""Rows that are in memory at a time."""

MAX_TABLE_IN_MEMORY = 64 * 1024**2
"""Bytes of a table that may stay in memory."""

COPY = "a copy of the table"

MAX_ARRAY_IN_MEMORY = 8 * 1024**2
"""Bytes of an array that may stay in memory; a run has several of them."""


def collect(tables: Iterable[pa.Table], schema: pa.Schema) -> pa.Table:
    """Concatenate tables; on disk once they exceed ``MAX_TABLE_IN_MEMORY``.

    The file is in the cache of hydro, and is deleted as soon as nothing uses it.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    remaining = iter(tables)
    held = [schema.empty_table()]
    for table in remaining:
        held.append(table)
        if sum(each.nbytes for each in held) > MAX_TABLE_IN_MEMORY:
            return _write(chain(_release(held), remaining), schema)
    return pa.concat_tables(held)


def _release(held: list[pa.Table]) -> Iterator[pa.Table]:
    """Yield the tables that are held, so that each is freed once it has been written."""
    while held:
        yield held.pop(0)


def blocks(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the rows of a frame in blocks."""
    for start in range(0, len(frame), BLOCK):
        yield frame.iloc[start : start + BLOCK]


def sample_rows(frame: pd.DataFrame, count: int, seed: int) -> pd.DataFrame:
    """Draw ``count`` rows of a frame of strings by the seed, or all there are, in their order.

    ``frame.iloc`` would read all of a big frame into memory for a few.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    if len(frame) <= count:
        return frame
    chosen = np.zeros(len(frame), np.bool_)
    chosen[np.random.default_rng(seed).choice(len(frame), count, replace=False)] = True
    return filter_rows(frame, chosen)


def concat(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Concatenate frames of strings, with missing values where one lacks a column.

    The result is on disk if it is big.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    names = list(dict.fromkeys(name for frame in frames for name in frame.columns))
    schema = pa.schema([(name, pa.large_string()) for name in names])
    parts = (
        pa.Table.from_pandas(block.reindex(columns=names), schema, preserve_index=False)
        for frame in frames
        for block in blocks(frame)
    )
    found: pd.DataFrame = collect(parts, schema).to_pandas()
    first, *others = frames
    return found.set_axis(first.index.append([each.index for each in others]))


def empty_memmap(count: int, dtype: type[Number]) -> NDArray[Number]:
    """Return an uninitialized array of ``count`` numbers; on disk where they are many.

    The file is deleted as soon as nothing uses the array.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    size = count * np.dtype(dtype).itemsize
    if size <= MAX_ARRAY_IN_MEMORY:
        return np.empty(count, dtype)
    folder = tables_folder(default_cache())
    with _writing(folder, "numbers for each row of a table"):
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder) as file:
            # A disk that is full is an error now, and not the end of the process later.
            for start in range(0, size, MAX_ARRAY_IN_MEMORY):
                file.write(bytes(min(MAX_ARRAY_IN_MEMORY, size - start)))
            file.flush()
            # As a plain array: numpy is slow with its own class of mapped ones.
            return np.asarray(np.memmap(file, dtype, "r+", shape=(count,)))


def filter_rows(
    frame: pd.DataFrame, chosen: NDArray[np.bool_], filled: Sequence[str] = ()
) -> pd.DataFrame:
    """Copy some rows of a frame of strings, with their index; to disk where they are many.

    Args:
        frame: the table.
        chosen: ``(rows,)``.
        filled: columns in which '' replaces a missing value.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    schema = pa.schema([(name, pa.large_string()) for name in frame.columns])
    starts = range(0, len(frame), BLOCK)

    def parts() -> Iterator[pa.Table]:
        for start, block in zip(starts, blocks(frame), strict=True):
            kept = block[chosen[start : start + BLOCK]].fillna(dict.fromkeys(filled, ""))
            yield pa.Table.from_pandas(kept, schema, preserve_index=False)

    found: pd.DataFrame = collect(parts(), schema).to_pandas()
    return found.set_axis(frame.index[chosen])


def _write(tables: Iterable[pa.Table], schema: pa.Schema) -> pa.Table:
    """Write tables, and map what was written."""
    folder = tables_folder(default_cache())
    with ExitStack() as stack:
        with _writing(folder, COPY):
            folder.mkdir(parents=True, exist_ok=True)
            name = stack.enter_context(TemporaryDirectory(dir=folder, ignore_cleanup_errors=True))
            path = str(Path(name) / "table.arrow")
            file = pa.OSFile(path, "wb")
            writer = pa.ipc.new_file(file, schema)
        for table in tables:
            with _writing(folder, COPY):
                writer.write_table(table)
        with _writing(folder, COPY):
            writer.close()
            file.close()
            # The name is deleted with the folder, the file with its last mapping.
            return pa.ipc.open_file(pa.memory_map(path)).read_all()


@contextmanager
def _writing(folder: Path, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        msg = (
            f"{folder} cannot be written: {error.strerror or error}. It takes {what}; "
            "free some space there, or set HYDRO_CACHE to a folder that has it"
        )
        raise ResourceError(msg) from None

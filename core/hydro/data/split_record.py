"""Which rows a run trained on and which it held out, known by their content."""

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.artifacts.files import open_atomic
from hydro.data.columns import Columns
from hydro.data.frames import Frames
from hydro.data.memory_map import blocks, empty_memmap

FILE = "split.npz"

SPLITS = ("train", "validation")


@dataclass(frozen=True)
class SplitRecord:
    """A hash of every row of the splits of a run, so that the rows are found in a changed table."""

    hashes: dict[str, NDArray[np.uint64]]
    """By split, ``(rows,)``."""

    def find(self, split: str, frame: pd.DataFrame, columns: Columns) -> NDArray[np.bool_]:
        """Return which rows of a table were in a split, ``(rows,)``.

        A row that the table has more often than the split had is found as often as there.
        """
        known, counts = np.unique(self.hashes[split], return_counts=True)
        rows = pd.Series(hash_rows(frame, columns))
        most = rows.map(pd.Series(counts, index=known)).fillna(0)
        found: NDArray[np.bool_] = (rows.groupby(rows).cumcount() < most).to_numpy(np.bool_)
        return found


def hash_rows(frame: pd.DataFrame, columns: Columns) -> NDArray[np.uint64]:
    """Return a hash of the inputs and targets of each row, ``(rows,)``, the same everywhere."""
    hashes = empty_memmap(len(frame), np.uint64)
    names = [*dict.fromkeys((*columns.inputs, *columns.targets))]
    start = 0
    for block in blocks(frame[names]):
        rows = zip(*(block[name].fillna("").tolist() for name in names), strict=True)
        digests = (hashlib.blake2b("\0".join(row).encode(), digest_size=8).digest() for row in rows)
        hashes[start : start + len(block)] = np.frombuffer(b"".join(digests), np.uint64)
        start += len(block)
    return hashes


def write_split(folder: Path, frames: Frames, columns: Columns) -> None:
    """Write the record of a run into its folder.

    Raises:
        ResourceError: it cannot be written.
    """
    hashes = {split: hash_rows(getattr(frames, split), columns) for split in SPLITS}
    with open_atomic(folder / FILE) as file:
        np.savez(file, allow_pickle=False, **hashes)


def read_split(folder: Path) -> SplitRecord | None:
    """Read the record of a run; None where it has none, as runs of earlier versions have not."""
    try:
        # numpy leaves a damaged file open that it has opened itself.
        with (folder / FILE).open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return SplitRecord({split: stored[split] for split in SPLITS})
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return None

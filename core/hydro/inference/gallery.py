"""The rows that others are compared with: those of an experiment, or of a table."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hydro.data.columns import Columns
from hydro.data.frames import load_frames
from hydro.data.row_filters import drop_incomplete_rows
from hydro.data.tables import read_table
from hydro.settings.sections import Settings

SPLITS = ("train", "validation")


@dataclass(frozen=True)
class Gallery:
    """Rows to compare with, before they are read."""

    settings: Settings
    """Of the run whose model compares."""
    columns: Columns
    split: str | None
    """train or validation; None for a table of its own."""
    path: Path

    @classmethod
    def of(cls, name: str, settings: Settings, columns: Columns) -> "Gallery":
        """Interpret ``train`` and ``validation`` as rows of a run, all else as a path."""
        if name not in SPLITS:
            return cls(settings, columns, None, Path(name).absolute())
        dataset = settings.dataset
        held_out = name == "validation" and dataset.validation_strategy == "custom"
        path = dataset.validation_dataframe if held_out else dataset.train_dataframe
        assert path is not None, "the settings see to it"
        return cls(settings, columns, name, path)

    @property
    def name(self) -> str:
        """A name that is safe as a folder's, and no other gallery's."""
        if self.split:
            return self.split
        return f"{self.path.stem}-{hashlib.sha256(bytes(self.path)).hexdigest()[:8]}"

    @property
    def fingerprint(self) -> dict[str, str | int] | None:
        """Return what differs between states of the file; None where there is no file."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return {"path": str(self.path), "bytes": found.st_size, "modified": found.st_mtime_ns}

    def read(self) -> tuple[pd.DataFrame, list[str]]:
        """Read the rows, numbered as in the file, and what the user should know of them.

        Raises:
            DataError: the table cannot be read, or lacks a column.
        """
        if self.split is None:
            return read_rows(self.path, self.columns)
        seed = self.settings.split_seed
        frames = load_frames(self.settings.dataset, self.columns, fold=None, seed=seed)
        return (frames.train if self.split == "train" else frames.validation), []


def read_rows(path: Path, columns: Columns) -> tuple[pd.DataFrame, list[str]]:
    """Read the rows of a table that can be predicted, labeled or not, with a note on others.

    Raises:
        DataError: the table cannot be read, lacks an input column or has no row to use.
    """
    return drop_incomplete_rows(read_table(path, columns.inputs), path, columns.inputs, ())

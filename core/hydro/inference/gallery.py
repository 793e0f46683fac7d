"""The rows that others are compared with: those of an experiment, or of a table."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hydro.artifacts.results import read_environment
from hydro.artifacts.run_folder import RunFolder
from hydro.data.columns import Columns
from hydro.data.frames import load_frames, read_columns
from hydro.data.memory_map import filter_rows
from hydro.data.row_filters import drop_incomplete_rows
from hydro.data.split_record import SPLITS, SplitRecord, read_split
from hydro.data.tables import hash_table
from hydro.errors import DataError
from hydro.settings.sections import Settings


@dataclass(frozen=True)
class Gallery:
    """Rows to compare with, before they are read."""

    settings: Settings
    """Of the run whose model compares."""
    columns: Columns
    split: str | None
    """train or validation; None for a table of its own."""
    path: Path
    run: RunFolder
    """The run, which knows its rows."""

    @classmethod
    def of(cls, name: str, settings: Settings, columns: Columns, run: RunFolder) -> "Gallery":
        """Interpret ``train`` and ``validation`` as rows of a run, all else as a path."""
        if name not in SPLITS:
            return cls(settings, columns, None, Path(name).absolute(), run)
        dataset = settings.dataset
        path = dataset.validation_dataframe if _is_custom(name, settings) else None
        return cls(settings, columns, name, path or dataset.train_dataframe, run)

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
        record, warnings = read_split(self.run.path), []
        if self._has_changed():
            if record is not None:
                return self._find(self.split, record)
            warnings.append(
                f"{self.path.name} has changed since the run, which does not know its "
                f"{self.split} rows: they are split again, so some may be of the other split"
            )
        seed = self.settings.split_seed
        frames = load_frames(self.settings.dataset, self.columns, fold=None, seed=seed)
        return (frames.train if self.split == "train" else frames.validation), warnings

    def _has_changed(self) -> bool:
        """Return whether the table is not the one that the run was made with."""
        name = "validation" if _is_custom(self.split, self.settings) else "train"
        tables = read_environment(self.run).get("tables", {})
        kept: object = tables.get(f"dataset.{name}_dataframe")
        return kept is not None and kept != hash_table(self.path)

    def _find(self, split: str, record: SplitRecord) -> tuple[pd.DataFrame, list[str]]:
        """Find the rows of a split in a table that has changed."""
        warnings: list[str] = []
        needed = (*self.columns.inputs, *self.columns.targets)
        table = read_columns(self.path, self.columns, needed, warnings)
        found = record.find(split, table, self.columns)
        count, total = int(found.sum()), len(record.hashes[split])
        changed = f"{self.path.name} has changed since the run: of its {total:,} {split} rows"
        if not count:
            msg = f"{changed} none is there. Put the table back, or name another gallery"
            raise DataError(msg)
        rows = filter_rows(table, found, self.columns.inputs)
        warnings.append(f"{changed} {count:,} are there as they were, and are used")
        return rows, warnings


def _is_custom(split: str | None, settings: Settings) -> bool:
    """Return whether the rows of a split are a table of their own."""
    return split == "validation" and settings.dataset.validation_strategy == "custom"


def read_rows(path: Path, columns: Columns) -> tuple[pd.DataFrame, list[str]]:
    """Read the rows of a table that can be predicted, labeled or not, with a note on others.

    Raises:
        DataError: the table cannot be read, lacks an input column or has no row to use.
    """
    warnings: list[str] = []
    frame = read_columns(path, columns, columns.inputs, warnings, columns.targets)
    frame, dropped = drop_incomplete_rows(frame, path, columns.inputs, ())
    return frame, warnings + dropped

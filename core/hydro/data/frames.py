"""Turn the tables that the settings name into frames to train, validate and test on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.data.labels import normalize_targets
from hydro.data.row_filters import drop_incomplete_rows, find_usable_rows, keep_rows
from hydro.data.splits import FOLD_COLUMN, Split, split_columns, split_rows
from hydro.data.tables import explain_memory, read_table

if TYPE_CHECKING:
    from hydro.data.columns import Columns
    from hydro.settings.sections import DatasetSection


@dataclass(frozen=True)
class Frames:
    """The tables of a run.

    Each has all columns of its file, as strings. Its index is the row number in the file, from 0.
    The strings of a big one are on disk: read some rows at a time, with ``data.memory_map.blocks``,
    or memory fills with copies.
    """

    train: pd.DataFrame
    validation: pd.DataFrame
    test: pd.DataFrame | None
    fold: str
    """The fold held out, or ``custom`` or ``automatic``."""
    folds: tuple[str, ...]
    """All folds; none for ``custom`` and ``automatic``."""
    warnings: tuple[str, ...]
    """Warnings for the user, a sentence each."""
    later: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """The targets of what each further fold holds out, where several are held out in turn."""

    def scored(self, *, with_train: bool) -> list[pd.DataFrame]:
        """List the tables whose rows are predicted before and after training."""
        scored = [self.validation] if self.test is None else [self.validation, self.test]
        return [*scored, self.train] if with_train else scored


def load_frames(
    dataset: "DatasetSection", columns: "Columns", *, fold: str | None, seed: int
) -> Frames:
    """Read, check, split and sample the tables; the same files and seed give the same frames.

    Args:
        dataset: the settings.
        columns: what the problem reads.
        fold: the fold to hold out; None for the first of ``dataset.folds``, or of all folds.
        seed: at least 0.

    Raises:
        DataError: a table cannot be read, lacks a column or a fold, or has nothing to learn from.
        ResourceError: the memory or the disk does not suffice.
    """
    warnings: list[str] = []
    with explain_memory(dataset.train_dataframe):
        train, validation, split, later = _read_sides(dataset, columns, fold, seed, warnings)
    test = _read_test(dataset.test_dataframe, columns, warnings)
    return Frames(train, validation, test, split.fold, split.folds, tuple(warnings), later)


def _read_sides(
    dataset: "DatasetSection", columns: "Columns", fold: str | None, seed: int, warnings: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame, Split, dict[str, pd.DataFrame]]:
    """Return the rows to train on, those held out, how they were chosen, and targets of folds."""
    path = dataset.train_dataframe
    by = split_columns(dataset, columns.targets)
    frame, usable = _read_labeled(path, columns, warnings, by)
    if dataset.validation_strategy == "custom":
        assert dataset.validation_dataframe is not None, "the settings see to it"
        train = usable
        other, held_out = _read_labeled(dataset.validation_dataframe, columns, warnings)
        split = Split(held_out, "custom")
    else:
        keys = [*dict.fromkeys(name for name in (FOLD_COLUMN, *by) if name in frame)]
        rows, targets = frame.loc[usable, keys], columns.targets
        split = split_rows(rows, dataset, fold=fold, seed=seed, targets=targets)
        warnings += split.warnings
        other, held_out = frame, _select(usable, split.validation)
        train = usable & ~held_out
    train = _sample(train, "Train", dataset, seed)
    held_out = _sample(held_out, "Validation", dataset, seed)
    inputs, names = columns.inputs, [*dict.fromkeys(columns.targets)]
    later = {
        name: frame.loc[_sample(_select(usable, rows), "Validation", dataset, seed), names]
        for name, rows in split.later.items()
    }
    return keep_rows(frame, train, inputs), keep_rows(other, held_out, inputs), split, later


def read_columns(
    path: Path,
    columns: "Columns",
    needed: Sequence[str],
    warnings: list[str],
    optional: Sequence[str] = (),
) -> pd.DataFrame:
    """Read a table for a problem, with the targets as its columns say.

    Raises:
        DataError: it cannot be read, or lacks a column that is needed.
    """
    frame = read_table(path, needed, optional=optional, warnings=warnings)
    return normalize_targets(frame, columns.targets) if columns.normalize_targets else frame


def _read_labeled(
    path: Path, columns: "Columns", warnings: list[str], by: Sequence[str] = ()
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Read a table; with it, which of its rows have inputs and targets."""
    needed = (*columns.inputs, *columns.targets, *by)
    frame = read_columns(path, columns, needed, warnings, [FOLD_COLUMN])
    usable, dropped = find_usable_rows(frame, path, columns.inputs, columns.targets)
    warnings += dropped
    return frame, usable


def _read_test(path: Path | None, columns: "Columns", warnings: list[str]) -> pd.DataFrame | None:
    """Read the rows that have inputs, labeled or not."""
    if path is None:
        return None
    table = read_columns(path, columns, columns.inputs, warnings, columns.targets)
    frame, dropped = drop_incomplete_rows(table, path, columns.inputs, ())
    warnings += dropped
    absent = [name for name in columns.targets if name not in frame]
    if absent:
        warnings.append(f"{path.name} has no {' and '.join(absent)}, so there is no test metric")
    return frame


def _sample(
    rows: NDArray[np.bool_], side: str, dataset: "DatasetSection", seed: int
) -> NDArray[np.bool_]:
    """Keep the share of the chosen rows that the settings ask for."""
    if side not in dataset.data_sample_choice or dataset.data_sample == 1:
        return rows
    total = np.count_nonzero(rows)
    count = max(1, round(total * dataset.data_sample))
    # Streams of their own, so that a sample has nothing to do with the split or the other sample.
    random = np.random.default_rng([seed, *side.encode()])
    return _select(rows, random.permutation(total) < count)


def _select(rows: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the mask ``rows`` with those of its rows left that are chosen."""
    found = rows.copy()
    found[rows] = chosen
    return found

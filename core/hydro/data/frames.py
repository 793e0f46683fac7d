"""Turn the tables that the settings name into frames to train, validate and test on."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hydro.data.memory_map import filter_rows
from hydro.data.quality_checks import check_data
from hydro.data.row_filters import drop_incomplete_rows
from hydro.data.splits import split_rows
from hydro.data.tables import read_table

if TYPE_CHECKING:
    from hydro.data.columns import Columns
    from hydro.settings.sections import DatasetSection


@dataclass(frozen=True)
class Frames:
    """The tables of a run.

    Each has all columns of its file, as strings. Its index is the row number in the file, from 0.
    The strings of a big one lie on disk: look at some rows at a time, as ``data.memory_map.blocks``
    does, or memory fills with copies.
    """

    train: pd.DataFrame
    validation: pd.DataFrame
    test: pd.DataFrame | None
    fold: str
    """The fold held out, or ``custom`` or ``automatic``."""
    folds: tuple[str, ...]
    """All folds there are; none for ``custom`` and ``automatic``."""
    warnings: tuple[str, ...]
    """What the user should know, a sentence each."""

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
    """
    notes: list[str] = []
    train, validation, held_out, folds = _sides(dataset, columns, fold, seed, notes)
    train = _sampled(train, "Train", dataset, seed)
    validation = _sampled(validation, "Validation", dataset, seed)
    notes += check_data(train, validation, dataset.train_dataframe, columns)
    test = _test(dataset.test_dataframe, columns, notes)
    return Frames(train, validation, test, held_out, folds, tuple(notes))


def _sides(
    dataset: "DatasetSection",
    columns: "Columns",
    fold: str | None,
    seed: int,
    notes: list[str],
) -> tuple[pd.DataFrame, pd.DataFrame, str, tuple[str, ...]]:
    """Return training and validation rows, the fold held out and all folds."""
    group = dataset.group_fold_column if dataset.validation_strategy == "grouped_kfold" else None
    frame = _labeled(dataset.train_dataframe, columns, notes, group)
    if dataset.validation_strategy == "custom":
        assert dataset.validation_dataframe is not None, "the settings see to it"
        return frame, _labeled(dataset.validation_dataframe, columns, notes), "custom", ()
    split = split_rows(frame, dataset, fold=fold, seed=seed)
    train, validation = (filter_rows(frame, each) for each in (~split.validation, split.validation))
    return train, validation, split.fold, split.folds


def _labeled(
    path: Path, columns: "Columns", notes: list[str], group: str | None = None
) -> pd.DataFrame:
    """Read the rows that have inputs and targets."""
    needed = (*columns.inputs, *columns.targets, *([group] if group else []))
    frame, dropped = drop_incomplete_rows(
        read_table(path, needed), path, columns.inputs, columns.targets
    )
    notes += dropped
    return frame


def _test(path: Path | None, columns: "Columns", notes: list[str]) -> pd.DataFrame | None:
    """Read the rows that have inputs, be they labeled or not."""
    if path is None:
        return None
    frame, dropped = drop_incomplete_rows(
        read_table(path, columns.inputs), path, columns.inputs, ()
    )
    notes += dropped
    absent = [name for name in columns.targets if name not in frame]
    if absent:
        notes.append(f"{path.name} has no {' and '.join(absent)}, so there is no test metric")
    return frame


def _sampled(frame: pd.DataFrame, side: str, dataset: "DatasetSection", seed: int) -> pd.DataFrame:
    """Keep the share of rows that is asked for, in their order."""
    if side not in dataset.data_sample_choice or dataset.data_sample == 1:
        return frame
    count = max(1, round(len(frame) * dataset.data_sample))
    # Streams of their own, so that a sample has nothing to do with the split or the other sample.
    random = np.random.default_rng([seed, *side.encode()])
    return filter_rows(frame, random.permutation(len(frame)) < count)

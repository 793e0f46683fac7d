"""Choose the rows of the training table that are held out for validation."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.data.folds import balanced_folds, random_folds, stratified_folds
from hydro.data.row_filters import number_rows
from hydro.data.text_input.delimited import list_names
from hydro.data.text_input.encoding import BLANKS
from hydro.errors import DataError

if TYPE_CHECKING:
    from hydro.settings.sections import DatasetSection

FOLD_COLUMN = "fold"
"""The column with the folds of k-fold, if the table has one."""


@dataclass(frozen=True)
class Split:
    """Which rows are held out."""

    validation: NDArray[np.bool_]
    """``(rows,)``: true for the rows held out; the others train."""
    fold: str
    """The fold held out, or ``automatic``."""
    folds: tuple[str, ...] = ()
    """All folds there are; none for an automatic split."""
    warnings: tuple[str, ...] = ()
    """Warnings for the user, a sentence each."""
    later: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    """``(rows,)`` that each further fold holds out, of those that are held out in turn."""


def split_columns(dataset: "DatasetSection", targets: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that the table must have for its rows to be split."""
    if dataset.validation_strategy == "grouped_kfold":
        assert dataset.group_fold_column is not None, "the settings see to it"
        return (dataset.group_fold_column,)
    return tuple(targets) if dataset.validation_strategy == "stratified_kfold" else ()


def split_rows(
    frame: pd.DataFrame,
    dataset: "DatasetSection",
    *,
    fold: str | None,
    seed: int,
    targets: Sequence[str] = (),
) -> Split:
    """Split the rows by any strategy but ``custom``; the same rows and seed give the same split.

    Args:
        frame: the training table; its index numbers the rows in messages.
        dataset: the settings.
        fold: the fold to hold out; None for the first of ``dataset.folds``, or of all folds.
        seed: at least 0.
        targets: the columns whose values ``stratified_kfold`` takes for the stratum of a row.

    Raises:
        DataError: there are too few rows, groups or folds; a row has no fold or group; a chosen
            fold does not exist.
    """
    if dataset.validation_strategy == "automatic":
        return Split(_random_share(frame, dataset, seed), "automatic")
    if dataset.validation_strategy == "stratified_kfold":
        strata = frame[list(targets)]
        fold_of_row, warnings = stratified_folds(strata, dataset.train_dataframe, seed)
        names = _numbered(fold_of_row)
    else:
        fold_of_row, names = _fold_of_rows(frame, dataset, seed)
        warnings = []
    folds = _in_order(names)
    chosen = [name.strip() for name in (dataset.folds if fold is None else (fold,))] or folds[:1]
    for name in chosen:
        if name not in folds:
            msg = f"{dataset.train_dataframe}: no fold {name!r}; available: {list_names(folds)}"
            raise DataError(msg)
    held_out, *later = (fold_of_row == names.index(name) for name in chosen)
    others = dict(zip(chosen[1:], later, strict=True))
    return Split(held_out, chosen[0], tuple(folds), tuple(warnings), others)


def _random_share(frame: pd.DataFrame, dataset: "DatasetSection", seed: int) -> NDArray[np.bool_]:
    rows = len(frame)
    if rows < 2:
        msg = f"{dataset.train_dataframe}: 1 row cannot be split. Add rows"
        raise DataError(msg)
    held_out = min(max(round(rows * dataset.validation_size), 1), rows - 1)
    return np.random.default_rng(seed).permutation(rows) < held_out


def _fold_of_rows(
    frame: pd.DataFrame, dataset: "DatasetSection", seed: int
) -> tuple[NDArray[np.int64], list[str]]:
    """Return the number of each row's fold, and the folds' names by their numbers."""
    where = str(dataset.train_dataframe)
    if dataset.validation_strategy == "grouped_kfold":
        assert dataset.group_fold_column is not None, "the settings see to it"
        groups = _filled(frame, dataset.group_fold_column, where)
        folds = balanced_folds(groups, where, seed)
    elif FOLD_COLUMN in frame:
        return _own_folds(frame, where)
    else:
        folds = random_folds(len(frame), where, seed)
    return folds, _numbered(folds)


def _numbered(folds: NDArray[np.int64]) -> list[str]:
    return [str(number) for number in range(folds.max() + 1)]


def _own_folds(frame: pd.DataFrame, where: str) -> tuple[NDArray[np.int64], list[str]]:
    numbers, names = pd.factorize(_filled(frame, FOLD_COLUMN, where))
    if len(names) == 1:
        msg = (
            f"{where}: all rows are in the fold {names[0]!r}, so none would be left to train. "
            f"Give the column {FOLD_COLUMN!r} two values or more, or remove it"
        )
        raise DataError(msg)
    return numbers, names.tolist()


def _filled(frame: pd.DataFrame, column: str, where: str) -> "pd.Series[str]":
    """Return a column of which no value may be missing, without blanks around the values."""
    values = frame[column].str.strip(BLANKS)
    missing = (values.isna() | values.eq("")).to_numpy(dtype=np.bool_)
    if missing.any():
        msg = f"{where}: no {column!r} in {number_rows(frame, missing)}. Fill it in"
        raise DataError(msg)
    return values


def _in_order(folds: list[str]) -> list[str]:
    """Sort by number if all are numbers, else by name."""
    if all(re.fullmatch(r"[+-]?\d+(\.\d+)?", fold) for fold in folds):
        return sorted(folds, key=lambda fold: (float(fold), fold))
    return sorted(folds)

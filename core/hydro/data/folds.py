"""Folds for tables that have no column of folds."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.data.text_input.delimited import list_names
from hydro.errors import DataError

_FOLDS = 5


def random_folds(rows: int, where: str, seed: int) -> NDArray[np.int64]:
    """Assign each row to one of five folds at random, equally many to each.

    Returns:
        The fold of each row, from 0, shape ``(rows,)``.

    Raises:
        DataError: there are fewer rows than folds.
    """
    _check_enough(rows, where)
    return np.random.default_rng(seed).permutation(rows) % _FOLDS


def balanced_folds(groups: "pd.Series[str]", where: str, seed: int) -> NDArray[np.int64]:
    """Assign whole groups to five folds, or as many as there are groups, about equal in rows.

    The largest group comes first, each into the fold with the fewest rows so far; the seed decides
    between groups of equal size.

    Args:
        groups: the group of each row.
        where: the file, for messages.
        seed: at least 0.

    Returns:
        The fold of each row, from 0, shape ``(rows,)``.

    Raises:
        DataError: there is only one group.
    """
    # It takes a second to import, which a run without groups need not wait for.
    from sklearn.model_selection import GroupKFold

    group_of_row, names = pd.factorize(groups, sort=True)
    if len(names) < 2:
        msg = (
            f"{where}: all rows are of one group, {names[0]!r} in the column {groups.name!r}. "
            "Grouped k-fold needs two groups or more"
        )
        raise DataError(msg)
    # Of groups of equal size, GroupKFold places the one with the highest number first.
    numbers = np.empty(len(names), dtype=np.int32)
    numbers[np.random.default_rng(seed).permutation(len(names))[::-1]] = np.arange(len(names))
    folds = np.empty(len(group_of_row), dtype=np.int64)
    splits = GroupKFold(min(_FOLDS, len(names))).split(folds, groups=numbers[group_of_row])
    for fold, (_, held_out) in enumerate(splits):
        folds[held_out] = fold
    return folds


def stratified_folds(
    strata: pd.DataFrame, path: Path, seed: int
) -> tuple[NDArray[np.int64], list[str]]:
    """Assign each row to one of five folds at random, with the same share of each stratum in each.

    Args:
        strata: columns whose combination of values is the stratum of a row.
        path: the file, for messages.
        seed: at least 0.

    Returns:
        The fold of each row, from 0, shape ``(rows,)``, and a warning of strata too small.

    Raises:
        DataError: there are fewer rows than folds.
    """
    groups = strata.groupby(list(strata), sort=True)
    numbers, sizes = groups.ngroup().to_numpy(), groups.size()
    _check_enough(len(numbers), str(path))
    # Ordered by stratum, and at random within each: every fifth row is of the same fold.
    order = np.random.default_rng(seed).permutation(len(numbers))
    order = order[np.argsort(numbers[order], kind="stable")]
    folds = np.empty(len(numbers), dtype=np.int64)
    folds[order] = np.arange(len(numbers)) % _FOLDS
    rare = sizes[sizes < _FOLDS]
    if rare.empty:
        return folds, []
    names = [name if isinstance(name, str) else " ".join(name) for name in rare.index]
    count, them = ("1 value", "it") if len(names) == 1 else (f"{len(names):,} values", "them")
    few = f"on fewer than {_FOLDS} rows, so not every fold has {them}: {list_names(names)}"
    return folds, [f"{path.name}: {count} of {' and '.join(map(str, strata))} {few}"]


def _check_enough(rows: int, where: str) -> None:
    if rows < _FOLDS:
        msg = (
            f"{where}: {rows} rows are too few for {_FOLDS} folds. Add rows, or give the table a "
            "column 'fold'"
        )
        raise DataError(msg)

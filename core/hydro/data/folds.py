"""Make folds for tables that bring none."""

import heapq

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.errors import DataError

_FOLDS = 5


def random_folds(rows: int, where: str, seed: int) -> NDArray[np.int64]:
    """Put each row into one of five folds by chance, equally many into each.

    Returns:
        The fold of each row, from 0, shape ``(rows,)``.

    Raises:
        DataError: there are fewer rows than folds.
    """
    if rows < _FOLDS:
        msg = (
            f"{where}: {rows} rows are too few for {_FOLDS} folds. Add rows, or give the table a "
            "column 'fold'"
        )
        raise DataError(msg)
    return np.random.default_rng(seed).permutation(rows) % _FOLDS


def balanced_folds(groups: "pd.Series[str]", where: str, seed: int) -> NDArray[np.int64]:
    """Put whole groups into five folds, or as many as there are groups, about equal in rows.

    The biggest group goes first, each into the fold with the fewest rows so far; chance decides
    between groups of one size.

    Args:
        groups: the group of each row.
        where: the file, for messages.
        seed: at least 0.

    Returns:
        The fold of each row, from 0, shape ``(rows,)``.

    Raises:
        DataError: there is only one group.
    """
    group_of_row, names = pd.factorize(groups, sort=True)
    if len(names) < 2:
        msg = (
            f"{where}: all rows are of one group, {names[0]!r} in the column {groups.name!r}. "
            "Grouped k-fold needs two groups or more"
        )
        raise DataError(msg)
    sizes = np.bincount(group_of_row)
    shuffled = np.random.default_rng(seed).permutation(len(names))
    fold_of_group = np.empty(len(names), dtype=np.int64)
    filled = [(0, fold) for fold in range(_FOLDS)]
    for group in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
        rows, fold = filled[0]
        fold_of_group[group] = fold
        heapq.heapreplace(filled, (rows + int(sizes[group]), fold))
    return fold_of_group[group_of_row]

"""Find the rows of a table that a model can learn from or predict."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.data.memory_map import blocks, filter_rows
from hydro.data.text_input.encoding import BLANKS
from hydro.errors import DataError

_MAX_NUMBERS = 5


def drop_incomplete_rows(
    frame: pd.DataFrame, path: Path, inputs: Sequence[str], targets: Sequence[str]
) -> tuple[pd.DataFrame, list[str]]:
    """Return the usable rows of a table, and a warning for each reason that others are dropped.

    The arguments and errors are those of ``find_usable_rows``.
    """
    usable, warnings = find_usable_rows(frame, path, inputs, targets)
    return keep_rows(frame, usable, inputs), warnings


def find_usable_rows(
    frame: pd.DataFrame, path: Path, inputs: Sequence[str], targets: Sequence[str]
) -> tuple[NDArray[np.bool_], list[str]]:
    """Find the rows that lack no target and have an input that is not blank.

    Args:
        frame: the table.
        path: its file, for messages.
        inputs: the columns of the inputs.
        targets: the columns of the targets; none if rows without a target are fine.

    Returns:
        Which rows are usable, ``(rows,)``, and a warning for each reason that others are not.

    Raises:
        DataError: no row is usable.
    """
    unlabeled = _in_blocks(_is_incomplete, frame[list(targets)])
    empty = _in_blocks(_is_blank, frame[list(inputs)]) & ~unlabeled
    warnings = [
        f"{path.name}: {count_rows(dropped)} {lack} dropped ({number_rows(frame, dropped)})"
        for dropped, lack in (
            (unlabeled, f"without {' or '.join(targets)}"),
            (empty, f"with missing or blank {' and '.join(inputs)}"),
        )
        if dropped.any()
    ]
    usable = ~(unlabeled | empty)
    if not usable.any():
        msg = f"{path} has no row left to use. {'; '.join(warnings)}. Fill in these columns"
        raise DataError(msg)
    return usable, warnings


def keep_rows(frame: pd.DataFrame, kept: NDArray[np.bool_], inputs: Sequence[str]) -> pd.DataFrame:
    """Return these rows with their index, and '' for a missing input beside one that is there.

    It is the frame itself where that changes nothing.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    if kept.all() and not _in_blocks(_is_incomplete, frame[list(inputs)]).any():
        return frame
    return filter_rows(frame, kept, inputs)


def count_rows(chosen: NDArray[np.bool_]) -> str:
    """Format how many rows are chosen: "1 row", "2 rows"."""
    count = np.count_nonzero(chosen)
    return "1 row" if count == 1 else f"{count:,} rows"


def number_rows(frame: pd.DataFrame, chosen: NDArray[np.bool_]) -> str:
    """Format the numbers of the first chosen rows in the file, from 1: "rows 4, 9, 17"."""
    numbers = [f"{row + 1}" for row in frame.index[chosen][:_MAX_NUMBERS]]
    more = ", …" if np.count_nonzero(chosen) > _MAX_NUMBERS else ""
    return f"row{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}{more}"


def _in_blocks(
    condition: Callable[[pd.DataFrame], NDArray[np.bool_]], frame: pd.DataFrame
) -> NDArray[np.bool_]:
    """Return whether each row meets a condition, which is given some rows at a time."""
    return np.concatenate([np.empty(0, np.bool_), *map(condition, blocks(frame))])


def _is_incomplete(rows: pd.DataFrame) -> NDArray[np.bool_]:
    return rows.isna().any(axis=1).to_numpy(dtype=np.bool_)


def _is_blank(texts: pd.DataFrame) -> NDArray[np.bool_]:
    filled = texts.fillna("")
    blank = pd.concat([filled[name].str.fullmatch(f"[{BLANKS}]*") for name in filled], axis=1)
    return blank.all(axis=1).to_numpy(dtype=np.bool_)

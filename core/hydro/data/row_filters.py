"""Keep the rows of a table that can be learned from or predicted."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.data.memory_map import blocks, filter_rows
from hydro.errors import DataError

BLANKS = (
    "".join(filter(str.isspace, map(chr, range(0x3001))))
    + "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
)
"""White space, and characters that have no width; none has a meaning in a regular expression."""

_SHOWN = 5


def drop_incomplete_rows(
    frame: pd.DataFrame, path: Path, inputs: Sequence[str], targets: Sequence[str]
) -> tuple[pd.DataFrame, list[str]]:
    """Drop the rows that lack a target, or whose inputs are all missing or blank.

    Args:
        frame: the table.
        path: its file, for messages.
        inputs: the columns of the texts.
        targets: the columns of the labels; none if rows without a label are fine.

    Returns:
        The rows that are left, with their index and '' for a missing input beside one that is
        there, and a note for each reason to drop some.

    Raises:
        DataError: no row is left.
    """
    unlabeled = _in_blocks(_is_incomplete, frame[list(targets)])
    empty = _in_blocks(_is_blank, frame[list(inputs)]) & ~unlabeled
    notes = [
        f"{path.name}: {count_rows(dropped)} {lack} dropped ({number_rows(frame, dropped)})"
        for dropped, lack in (
            (unlabeled, f"without {' or '.join(targets)}"),
            (empty, f"with missing or blank {' and '.join(inputs)}"),
        )
        if dropped.any()
    ]
    kept = ~(unlabeled | empty)
    if not kept.any():
        msg = f"{path} has no row left to use. {'; '.join(notes)}. Fill in these columns"
        raise DataError(msg)
    whole = kept.all() and not _in_blocks(_is_incomplete, frame[list(inputs)]).any()
    return frame if whole else filter_rows(frame, kept, inputs), notes


def count_rows(chosen: NDArray[np.bool_]) -> str:
    """Describe how many rows are chosen: "1 row", "2 rows"."""
    count = np.count_nonzero(chosen)
    return "1 row" if count == 1 else f"{count:,} rows"


def number_rows(frame: pd.DataFrame, chosen: NDArray[np.bool_]) -> str:
    """Name the first chosen rows by their number in the file, from 1: "rows 4, 9, 17"."""
    numbers = [f"{row + 1}" for row in frame.index[chosen][:_SHOWN]]
    more = ", …" if np.count_nonzero(chosen) > _SHOWN else ""
    return f"row{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}{more}"


def _in_blocks(
    judge: Callable[[pd.DataFrame], NDArray[np.bool_]], frame: pd.DataFrame
) -> NDArray[np.bool_]:
    """Judge every row, some at a time."""
    return np.concatenate([np.empty(0, np.bool_), *map(judge, blocks(frame))])


def _is_incomplete(rows: pd.DataFrame) -> NDArray[np.bool_]:
    return rows.isna().any(axis=1).to_numpy(dtype=np.bool_)


def _is_blank(texts: pd.DataFrame) -> NDArray[np.bool_]:
    filled = texts.fillna("")
    blank = pd.concat([filled[name].str.fullmatch(f"[{BLANKS}]*") for name in filled], axis=1)
    return blank.all(axis=1).to_numpy(dtype=np.bool_)

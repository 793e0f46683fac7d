"""Rows of a table as people see them: number, text and label."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SEPARATOR = " | "
"""Between columns that are shown as one text."""


def describe_rows(
    frame: pd.DataFrame, inputs: Sequence[str], targets: Sequence[str]
) -> pd.DataFrame:
    """Return the columns ``row`` (its number in the file, from 0), ``text`` and ``label``.

    Several inputs are joined, and a missing one is empty. For labels see `join_labels`.
    """
    first, others = frame[inputs[0]].fillna(""), frame[list(inputs[1:])].fillna("")
    text = first.str.cat(others, sep=SEPARATOR) if len(inputs) > 1 else first
    label = pd.Series(join_labels(frame, targets), index=frame.index, dtype="str")
    columns = {"row": frame.index, "text": text, "label": label}
    return pd.DataFrame(columns).reset_index(drop=True)


def join_labels(frame: pd.DataFrame, targets: Sequence[str]) -> list[str | None]:
    """Return the labels of each row as one text; None where one of them is missing."""
    if not set(targets) <= set(frame.columns):
        return [None] * len(frame)
    rows = frame[list(targets)].astype(object)
    complete = rows.notna().all(axis=1)
    return [
        SEPARATOR.join(row) if whole else None
        for row, whole in zip(rows.to_numpy().tolist(), complete, strict=True)
    ]


def with_others(classes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which rows have a class, and another row of it: ``(rows,)``; -1 is no class."""
    sizes = np.bincount(classes[classes >= 0], minlength=classes.max(initial=0) + 1)
    found: NDArray[np.bool_] = (classes >= 0) & (sizes[classes] > 1)
    return found

"""Look for what makes training pointless, or its score doubtful."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.data.labels import Labels
from hydro.data.memory_map import empty_memmap
from hydro.data.row_filters import count_rows
from hydro.errors import DataError

_BATCH = 100_000
"""Rows whose texts are in memory at a time."""

_PART = 1_000_000
"""Texts whose labels are compared at a time."""


def check_leakage(
    train: pd.DataFrame, validation: pd.DataFrame, inputs: Sequence[str]
) -> list[str]:
    """Return a warning if training rows have the inputs of held-out rows.

    Two texts count as the same if they differ in nothing but capitals and white space.
    """
    leaked = _is_among(_hash_texts(validation, inputs), _hash_texts(train, inputs))
    if not leaked.any():
        return []
    return [
        f"Training contains the text of {count_rows(leaked)} held out for validation, so the score "
        "may be too good"
    ]


def check_labels(
    train: pd.DataFrame, labels: Labels, inputs: Sequence[str], path: Path
) -> list[str]:
    """Return warnings about the classes of training rows.

    Raises:
        DataError: there is only one class to train on.
    """
    if len(labels) == 1:
        msg = (
            f"{path}: nothing to learn, as all {len(train):,} training rows are of one class, "
            f"{', '.join(map(repr, labels.names[0]))}. Add rows of others, or hold out less"
        )
        raise DataError(msg)
    disputed = _count_conflicting_labels(_hash_texts(train, inputs), labels.encode(train))
    if not disputed:
        return []
    what = "1 text has" if disputed == 1 else f"{disputed:,} texts have"
    return [f"{path.name}: {what} different values of {' and '.join(labels.columns)}"]


def _count_conflicting_labels(texts: NDArray[np.int64], labels: NDArray[np.int64]) -> int:
    """Count the texts that have several labels, looking at a part of all texts at a time."""
    parts = 1 + len(texts) // _PART
    return sum(
        _count_conflicting_in_part(texts[rows], labels[rows])
        for rows in (_rows_of_part(texts, part, parts) for part in range(parts))
    )


def _rows_of_part(texts: NDArray[np.int64], part: int, parts: int) -> NDArray[np.int64]:
    """Return the rows of one part of the texts: all the rows that each of them has."""
    found = [
        start + np.flatnonzero(texts[start : start + _BATCH] % parts == part)
        for start in range(0, len(texts), _BATCH)
    ]
    return np.concatenate(found)


def _count_conflicting_in_part(texts: NDArray[np.int64], labels: NDArray[np.int64]) -> int:
    """Count the texts that have several labels; sorted, where one meets another."""
    order = np.argsort(texts)
    texts, labels = texts[order], labels[order]
    disputed = (texts[1:] == texts[:-1]) & (labels[1:] != labels[:-1])
    return len(np.unique(texts[1:][disputed]))


def _is_among(few: NDArray[np.int64], many: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which of a few numbers are among many, looking only the few up."""
    known = pd.Index(few).unique()
    # One place more, for those that are not known: they are number -1.
    found = np.zeros(len(known) + 1, dtype=np.bool_)
    for start in range(0, len(many), _BATCH):
        found[known.get_indexer(pd.Index(many[start : start + _BATCH]))] = True
    return found[known.get_indexer(pd.Index(few))]


def _hash_texts(frame: pd.DataFrame, inputs: Sequence[str]) -> NDArray[np.int64]:
    """Return a number for the text of each row; copies of ten million texts would not fit."""
    hashes = empty_memmap(len(frame), np.int64)
    for start in range(0, len(frame), _BATCH):
        batch = slice(start, start + _BATCH)
        rows = zip(*(frame[name].iloc[batch].tolist() for name in inputs), strict=True)
        hashes[batch] = [hash(" ".join(" ".join(texts).lower().split())) for texts in rows]
    return hashes

"""Look for what makes training pointless, or its score doubtful."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.data.labels import Labels
from hydro.data.memory_map import empty_memmap
from hydro.data.row_filters import count_rows
from hydro.errors import DataError

if TYPE_CHECKING:
    from hydro.data.columns import Columns

_BATCH = 100_000
"""Rows whose texts are in memory at a time."""

_PART = 1_000_000
"""Texts whose labels are compared at a time."""


def check_data(
    train: pd.DataFrame, validation: pd.DataFrame, path: Path, columns: "Columns"
) -> list[str]:
    """Describe what is odd about the rows that were chosen, a sentence each.

    Two texts count as the same if they differ in nothing but capitals and white space.

    Args:
        train: the rows to train on.
        validation: the rows held out.
        path: the file of the training rows, for messages.
        columns: what the problem reads.

    Raises:
        DataError: there is only one class to train on.
    """
    texts = _hash_texts(train, columns.inputs)
    doubts = _check_labels(train, texts, path, columns.targets) if columns.targets else []
    leaked = _is_among(_hash_texts(validation, columns.inputs), texts)
    if leaked.any():
        rows = count_rows(leaked)
        doubts.append(
            f"Training contains the text of {rows} held out for validation, so the score may be "
            "too good"
        )
    return doubts


def _check_labels(
    train: pd.DataFrame, texts: NDArray[np.int64], path: Path, targets: Sequence[str]
) -> list[str]:
    labels = Labels.of(train, targets)
    if len(labels) == 1:
        msg = (
            f"{path}: nothing to learn, as all {len(train):,} training rows are of one class, "
            f"{', '.join(map(repr, labels.names[0]))}. Add rows of others, or hold out less"
        )
        raise DataError(msg)
    doubts = []
    if len(labels) == len(train):
        doubts.append(f"{path.name}: every class has a single training row, so there are no pairs")
    disputed = _count_conflicting_labels(texts, labels.encode(train))
    if disputed:
        what = "1 text has" if disputed == 1 else f"{disputed:,} texts have"
        doubts.append(f"{path.name}: {what} different values of {' and '.join(targets)}")
    return doubts


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

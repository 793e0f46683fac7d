"""Checks of rows before training, for problems to call: leakage, and conflicting targets."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.data.frames import Frames
from hydro.data.memory_map import empty_memmap
from hydro.data.row_filters import count_rows

_BATCH = 100_000
"""Rows whose inputs are in memory at a time."""

_PART = 1_000_000
"""Rows whose targets are compared at a time."""


def hash_inputs(frame: pd.DataFrame, inputs: Sequence[str]) -> NDArray[np.int64]:
    """Return a hash of the inputs of each row, ``(rows,)``, equal only within this process.

    It ignores capitals and white space. Copies of ten million texts would not fit in memory.
    """
    hashes = empty_memmap(len(frame), np.int64)
    for start in range(0, len(frame), _BATCH):
        batch = slice(start, start + _BATCH)
        rows = zip(*(frame[name].iloc[batch].tolist() for name in inputs), strict=True)
        hashes[batch] = [hash(" ".join(" ".join(texts).lower().split())) for texts in rows]
    return hashes


def check_leakage(train: NDArray[np.int64], held_out: NDArray[np.int64]) -> list[str]:
    """Return a warning if training rows have the inputs of held-out rows.

    Args:
        train: what ``hash_inputs`` returned for the training rows.
        held_out: the same for the rows held out.
    """
    leaked = find_leaked(train, held_out)
    if not leaked.any():
        return []
    return [
        f"Training contains the text of {count_rows(leaked)} held out for validation, so the score "
        "may be too good"
    ]


def check_test_leakage(frames: Frames, inputs: Sequence[str]) -> list[str]:
    """Return a warning for each other split whose inputs the test table repeats."""
    if frames.test is None:
        return []
    test, warnings = hash_inputs(frames.test, inputs), []
    for name, frame in (("training", frames.train), ("validation", frames.validation)):
        repeated = find_leaked(hash_inputs(frame, inputs), test)
        if repeated.any():
            warnings.append(
                f"The test table has the text of {count_rows(repeated)} of {name}, so its score "
                "may be too good"
            )
    return warnings


def find_leaked(train: NDArray[np.int64], held_out: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which held-out rows, by hash, have the inputs of a training row: ``(rows,)``."""
    return _is_among(held_out, train)


def count_conflicts(hashes: NDArray[np.int64], targets: NDArray[np.generic]) -> int:
    """Count the inputs that have several targets.

    Args:
        hashes: what ``hash_inputs`` returned for some rows.
        targets: of the same rows, ``(rows,)`` or ``(rows, k)``.
    """
    parts = 1 + len(hashes) // _PART
    return sum(
        _count_conflicts_in_part(hashes[rows], targets[rows])
        for rows in (_rows_of_part(hashes, part, parts) for part in range(parts))
    )


def _rows_of_part(hashes: NDArray[np.int64], part: int, parts: int) -> NDArray[np.int64]:
    """Return the rows whose hashes are of one part; equal hashes are of the same part."""
    found = [
        start + np.flatnonzero(hashes[start : start + _BATCH] % parts == part)
        for start in range(0, len(hashes), _BATCH)
    ]
    return np.concatenate(found)


def _count_conflicts_in_part(hashes: NDArray[np.int64], targets: NDArray[np.generic]) -> int:
    order = np.argsort(hashes)
    hashes, targets = hashes[order], targets[order]
    differ = (targets[1:] != targets[:-1]).any(axis=tuple(range(1, targets.ndim)))
    return len(np.unique(hashes[1:][(hashes[1:] == hashes[:-1]) & differ]))


def _is_among(few: NDArray[np.int64], many: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which of a few numbers are among many, with an index of the few only."""
    known = pd.Index(few).unique()
    # One more, for numbers that are not known: their position is -1.
    found = np.zeros(len(known) + 1, dtype=np.bool_)
    for start in range(0, len(many), _BATCH):
        found[known.get_indexer(pd.Index(many[start : start + _BATCH]))] = True
    return found[known.get_indexer(pd.Index(few))]

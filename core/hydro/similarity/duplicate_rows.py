"""Find rows that equal an earlier row, without a copy of all rows."""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

PREFIX = 4  # columns; rows that differ in them are not compared further
ROWS_PER_BLOCK = 65_536  # rows


def find_duplicate_rows(rows: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the numbers of the rows that equal an earlier one, and for each the first it equals.

    ``rows`` is ``(n, size)``; 0.0 and -0.0 are equal. Takes some 50 bytes a row.
    """
    candidates = _repeated(_as_words(rows[:, :PREFIX]))
    digests = np.empty(len(candidates), dtype="V16")
    for first in range(0, len(candidates), ROWS_PER_BLOCK):
        part = slice(first, first + ROWS_PER_BLOCK)
        # Rows with the same digest of 128 bits are taken to be equal.
        digests[part] = [
            np.void(blake2b(row, digest_size=16).digest()) for row in _plain(rows[candidates[part]])
        ]
    _, firsts, kinds = np.unique(digests, return_index=True, return_inverse=True)
    originals = candidates[firsts][kinds]
    repeated = originals != candidates
    return candidates[repeated], originals[repeated]


def _plain(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Copy rows so that equal ones have equal bytes."""
    return np.ascontiguousarray(rows) + np.float32(0)  # -0.0 becomes 0.0


def _as_words(rows: NDArray[np.float32]) -> NDArray[np.void]:
    """Return the bytes of each row as one value."""
    plain = _plain(rows)
    return plain.view(np.dtype((np.void, plain.itemsize * plain.shape[1]))).ravel()


def _repeated(words: NDArray[np.void]) -> NDArray[np.int64]:
    """Return the positions of the words that occur more than once."""
    _, kinds, counts = np.unique(words, return_inverse=True, return_counts=True)
    return np.flatnonzero(counts[kinds] > 1)

"""The rows that a search goes through, on the device that it runs on."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hydro.api import TrainingError


@dataclass(frozen=True)
class Gallery:
    """Embeddings to compare queries with, and the class of each."""

    embeddings: Tensor
    """``(rows, size)``, of length 1."""
    classes: Tensor
    """``(rows,)``, -1 for none."""
    repeats: Tensor
    """Numbers of the rows that equal an earlier one."""
    originals: Tensor
    """For each of those, the first row that it equals."""

    @classmethod
    def load(
        cls,
        embeddings: NDArray[np.float32],
        classes: NDArray[np.int64],
        device: torch.device | str,
    ) -> Self:
        """Check the embeddings and bring them to the device.

        Raises:
            TrainingError: an embedding is not finite.
        """
        check_finite(embeddings)
        arrays = (embeddings, classes, *_find_repeats(embeddings))
        return cls(*(torch.tensor(array, device=device) for array in arrays))

    def compare(self, queries: NDArray[np.float32]) -> Tensor:
        """Give the cosines ``(queries, rows)``, the very same for rows that are the same."""
        cosines = torch.tensor(queries, device=self.embeddings.device) @ self.embeddings.T
        # A matrix product may round one and the same dot product differently in two columns.
        cosines[:, self.repeats] = cosines[:, self.originals]
        return cosines

    def match(self, classes: NDArray[np.int64]) -> Tensor:
        """Tell which rows are of the queries' classes, ``(queries, rows)``."""
        wanted = torch.tensor(classes, device=self.classes.device)[:, None]
        return (self.classes == wanted) & (wanted >= 0)


def check_finite(embeddings: NDArray[np.float32]) -> None:
    """Refuse embeddings ``(rows, size)`` that cannot be compared.

    Raises:
        TrainingError: a value is not finite; the first such row is named.
    """
    broken = np.flatnonzero(~np.isfinite(embeddings).all(axis=1))
    if broken.size:
        msg = (
            f"the embedding of row {broken[0]} (counted from 0) is not finite, the first of "
            f"{broken.size:,} such rows out of {len(embeddings):,}. The model has diverged: lower "
            "training.learning_rate, or set training.gradient_clip to 1"
        )
        raise TrainingError(msg)


def _find_repeats(
    embeddings: NDArray[np.float32],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the rows that equal an earlier one, and for each the first that it equals."""
    plain = np.ascontiguousarray(embeddings) + np.float32(0)  # -0.0 becomes 0.0: the same bytes
    as_bytes = plain.view(np.dtype((np.void, plain.itemsize * plain.shape[1]))).ravel()
    _, first, kind = np.unique(as_bytes, return_index=True, return_inverse=True)
    originals = first[kind]
    repeats = np.flatnonzero(originals != np.arange(len(originals)))
    return repeats, originals[repeats]

"""The rows that are searched, on the device of the search."""

import warnings
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hydro.errors import TrainingError
from hydro.similarity.duplicate_rows import find_duplicate_rows
from hydro.similarity.topk import slices

CHECKED_ROWS = 65_536  # rows at a time
COPIED_ROWS = 16_384  # rows at a time


@dataclass(frozen=True)
class Gallery:
    """Embeddings to compare queries with, and the class of each."""

    embeddings: Tensor
    """``(rows, size)``, of length 1; on a CPU the given array, not a copy."""
    classes: Tensor
    """``(rows,)``, -1 for none."""
    by_class: Tensor
    """``(rows,)``: the rows ordered by class, then by number."""
    duplicates: Tensor
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
        """Check the embeddings and move them to the device.

        Raises:
            TrainingError: an embedding is not finite.
        """
        check_finite(embeddings)
        by_class = classes.argsort(kind="stable")
        arrays = (embeddings, classes, by_class, *find_duplicate_rows(embeddings))
        return cls(*(as_tensor(array).to(device) for array in arrays))

    def __len__(self) -> int:
        return len(self.embeddings)

    def compare(self, queries: NDArray[np.float32], out: Tensor) -> Tensor:
        """Return the cosines ``(rows, queries)``, identical for identical rows.

        They are written into ``out``, which holds as many values or more: to allocate memory for
        every block costs a good part of the time of the product.
        """
        cosines = out[: len(self) * len(queries)].view(len(self), len(queries))
        if cosines.device.type == "cpu":
            # Measured on an AMD EPYC, 256 queries: 99 GFLOP/s a core, torch's product 87.
            np.matmul(self.embeddings.numpy(), queries.T, out=cosines.numpy())
        else:
            torch.mm(self.embeddings, as_tensor(queries).to(out.device).T, out=cosines)
        # A matrix product may round the same dot product differently at two positions.
        for part in slices(len(self.duplicates), COPIED_ROWS):
            cosines[self.duplicates[part]] = cosines[self.originals[part]]
        return cosines

    def match(self, classes: Tensor, rows: Tensor) -> Tensor:
        """Return which of each query's ``rows``, ``(queries, k)``, are of its class."""
        wanted = classes[:, None]
        return (self.classes[rows] == wanted) & (wanted >= 0)

    def members(self, wanted: int) -> Tensor:
        """Return the rows of a class, the lowest first."""
        ends = torch.tensor([wanted, wanted + 1], device=self.classes.device)
        first, end = torch.searchsorted(self.classes, ends, sorter=self.by_class)
        return self.by_class[first:end]


def as_tensor(array: NDArray[np.generic]) -> Tensor:
    """Return an array as a tensor that shares its memory; nothing here writes to it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writ")
        return torch.from_numpy(np.ascontiguousarray(array))


def check_finite(embeddings: NDArray[np.float32]) -> None:
    """Check that embeddings ``(rows, size)`` are finite.

    Raises:
        TrainingError: a value is not finite; the first such row is named.
    """
    broken = np.concatenate(
        [np.empty(0, dtype=np.int64)]
        + [
            np.flatnonzero(~np.isfinite(embeddings[part]).all(axis=1)) + part.start
            for part in slices(len(embeddings), CHECKED_ROWS)
        ]
    )
    if broken.size:
        msg = (
            f"the embedding of row {broken[0]} (counted from 0) is not finite, the first of "
            f"{broken.size:,} such rows out of {len(embeddings):,}. The model has diverged: lower "
            "training.learning_rate, or set training.gradient_clip to 1"
        )
        raise TrainingError(msg)

"""The rows that a search goes through, on the device that it runs on."""

import warnings
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hydro.api import TrainingError
from hydro_text_metric_learning.repeats import find_repeats
from hydro_text_metric_learning.selection import (
    LARGEST_GROUP,
    SMALLEST_GROUP,
    cut,
    group_tops,
    in_cache,
)

CHECKED = 65_536  # rows at a time
MULTIPLIED = LARGEST_GROUP  # rows at a time on a CPU, so that a group is never cut
COPIED = 16_384  # rows at a time


@dataclass(frozen=True)
class Gallery:
    """Embeddings to compare queries with, and the class of each."""

    embeddings: Tensor
    """``(rows, size)``, of length 1; on a CPU the very array that was given, not a copy."""
    classes: Tensor
    """``(rows,)``, -1 for none."""
    by_class: Tensor
    """``(rows,)``: the rows ordered by class, then by number."""
    repeats: Tensor
    """Numbers of the rows that equal an earlier one, rising."""
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
        by_class = classes.argsort(kind="stable")
        arrays = (embeddings, classes, by_class, *find_repeats(embeddings))
        return cls(*(as_tensor(array).to(device) for array in arrays))

    def __len__(self) -> int:
        return len(self.embeddings)

    def compare(
        self,
        queries: NDArray[np.float32],
        without: NDArray[np.int64] | None,
        size: int,
        out: Tensor,
    ) -> tuple[Tensor, Tensor | None]:
        """Give the cosines ``(rows, queries)``, the very same for rows that are the same.

        Args:
            queries: ``(queries, size)``, of length 1.
            without: ``(queries,)``: the row that each query is not to find, of cosine -∞.
            size: of the groups of rows whose largest cosine is given too: their `group_size`.
            out: what the cosines are written into, as many values or more. To get fresh memory for
                every block costs a good part of the time of the product.

        Returns:
            The cosines, and their `group_tops`; None where groups are too small to be of use.
        """
        cosines = out[: len(self) * len(queries)].view(len(self), len(queries))
        columns = as_tensor(queries).to(out.device).T
        tops = None
        if size >= SMALLEST_GROUP:
            tops = out.new_empty(len(self) // size, len(queries))
        for part in cut(len(self), MULTIPLIED if in_cache(out.device) else len(self)):
            _multiply(self.embeddings[part], columns, cosines[part])
            self._copy_repeats(cosines, part)
            if tops is not None:
                groups = slice(part.start // size, part.stop // size)
                group_tops(cosines[part], size, out=tops[groups])
        if without is not None:
            # Only now: what equals a row that is left out is to be found.
            _leave_out(cosines, tops, as_tensor(without).to(out.device), size)
        return cosines, tops

    def _copy_repeats(self, cosines: Tensor, part: slice) -> None:
        """Give equal rows equal cosines, which a product may round differently in two places."""
        first, end = 0, len(self.repeats)
        if part.stop - part.start < len(self):
            ends = torch.tensor([part.start, part.stop], device=cosines.device)
            first, end = torch.searchsorted(self.repeats, ends).tolist()
        for some in cut(end - first, COPIED):
            chosen = slice(first + some.start, first + some.stop)
            cosines[self.repeats[chosen]] = cosines[self.originals[chosen]]

    def match(self, classes: Tensor, rows: Tensor) -> Tensor:
        """Tell which of each query's ``rows``, ``(queries, k)``, are of its class."""
        wanted = classes[:, None]
        return (self.classes[rows] == wanted) & (wanted >= 0)

    def members(self, wanted: int) -> Tensor:
        """Give the rows of a class, the lowest first."""
        ends = torch.tensor([wanted, wanted + 1], device=self.classes.device)
        first, end = torch.searchsorted(self.classes, ends, sorter=self.by_class)
        return self.by_class[first:end]


def _multiply(rows: Tensor, columns: Tensor, out: Tensor) -> None:
    if out.device.type == "cpu":
        # Measured on an AMD EPYC, 256 queries: 99 GFLOP/s a core, torch's product 87.
        np.matmul(rows.numpy(), columns.numpy(), out=out.numpy())
    else:
        torch.mm(rows, columns, out=out)


def _leave_out(cosines: Tensor, tops: Tensor | None, rows: Tensor, size: int) -> None:
    """Set the cosine of each query with one row to -∞, and look at that row's group again."""
    columns = torch.arange(len(rows), device=rows.device)
    cosines[rows, columns] = -torch.inf
    if tops is not None:
        whole = rows // size < len(tops)
        groups, columns = rows[whole] // size, columns[whole]
        members = groups[:, None] * size + torch.arange(size, device=rows.device)
        tops[groups, columns] = cosines[members, columns[:, None]].amax(dim=1)


def as_tensor(array: NDArray[np.generic]) -> Tensor:
    """See an array as a tensor, without a copy; nothing here writes to it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writ")
        return torch.from_numpy(np.ascontiguousarray(array))


def check_finite(embeddings: NDArray[np.float32]) -> None:
    """Refuse embeddings ``(rows, size)`` that cannot be compared.

    Raises:
        TrainingError: a value is not finite; the first such row is named.
    """
    broken = np.concatenate(
        [np.empty(0, dtype=np.int64)]
        + [
            np.flatnonzero(~np.isfinite(embeddings[part]).all(axis=1)) + part.start
            for part in cut(len(embeddings), CHECKED)
        ]
    )
    if broken.size:
        msg = (
            f"the embedding of row {broken[0]} (counted from 0) is not finite, the first of "
            f"{broken.size:,} such rows out of {len(embeddings):,}. The model has diverged: lower "
            "training.learning_rate, or set training.gradient_clip to 1"
        )
        raise TrainingError(msg)

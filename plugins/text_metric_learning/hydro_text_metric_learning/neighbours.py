"""Exact nearest neighbours by cosine, found block by block within a memory budget."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hydro_text_metric_learning.gallery import Gallery, check_finite

BYTES_PER_PAIR = 32  # one query and one row searched: similarity, keys, flags
BYTES_PER_PLACE = 48  # one place in a query's ranking, and what a metric makes of it
LAST = -(2**63)  # the key of a row that is not to be found


@dataclass(frozen=True)
class Ranking:
    """Where the rows of a query's own class stand when the rows searched are put in order."""

    hits: NDArray[np.bool_]
    """``(queries, depth)``: whether the j-th nearest row is of the query's class. The depth covers
    top_k and every R."""
    relevant: NDArray[np.int64]
    """``(queries,)``: R, the rows of the query's class without the query itself."""
    first_hit: NDArray[np.int64]
    """``(queries,)``: rank of the first hit among all rows, counted from 1; 0 where R is 0."""


@dataclass(frozen=True)
class Block:
    """The neighbours of some consecutive queries."""

    rows: slice
    """Which of the queries these are."""
    neighbours: NDArray[np.int64]
    """``(queries, k)``: positions of the nearest rows, the nearest first."""
    similarities: NDArray[np.float32]
    """``(queries, k)``: their cosines with the query."""
    ranking: Ranking


def rank(
    embeddings: NDArray[np.float32],
    classes: NDArray[np.int64],
    *,
    top_k: int,
    gallery: NDArray[np.float32] | None = None,
    gallery_classes: NDArray[np.int64] | None = None,
    device: torch.device | str = "cpu",
    memory_bytes: int = 256 * 2**20,
) -> Iterator[Block]:
    """Find the nearest rows of every query, exactly; equally near ones go by their row number.

    Args:
        embeddings: the queries, ``(n, size)``, of length 1.
        classes: ``(n,)``, counted from 0; -1 for none, which is searched but never a hit.
        top_k: how many neighbours to give; cut to the number of rows searched.
        gallery: the rows to search, ``(m, size)``. Without it the queries, each without itself.
        gallery_classes: ``(m,)``, to be given with ``gallery``.
        device: where to compute.
        memory_bytes: about how much to take at a time, the embeddings not counted.

    Yields:
        Blocks in the order of the queries.

    Raises:
        TrainingError: an embedding is not finite.
    """
    itself = gallery is None
    others = classes if gallery_classes is None else gallery_classes
    relevant = _count_relevant(classes, others) - (itself & (classes >= 0))
    top_k = min(top_k, len(others) - itself)
    depth = max(top_k, int(relevant.max(initial=0)))
    bytes_per_query = len(others) * BYTES_PER_PAIR + depth * BYTES_PER_PLACE
    check_finite(embeddings)
    searched = Gallery.load(embeddings if gallery is None else gallery, others, device)
    for rows in _cut(len(embeddings), memory_bytes // max(1, bytes_per_query)):
        cosines = searched.compare(embeddings[rows])
        keys = make_keys(cosines)
        if itself:
            keys.diagonal(rows.start).fill_(LAST)
        same = searched.match(classes[rows])
        nearest, ranking = _put_in_order(keys, same, relevant[rows], top_k)
        block = Block(rows, _to_numpy(nearest), _to_numpy(cosines.gather(1, nearest)), ranking)
        del cosines, keys, same  # the caller and the next block need the memory
        yield block


def _count_relevant(classes: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count, for every query, the rows searched that are of its class."""
    counts = np.bincount(others[others >= 0], minlength=classes.max(initial=0) + 1)
    return np.where(classes >= 0, counts[classes], 0)


def _cut(rows: int, size: int) -> list[slice]:
    """Cut rows into slices of this size, but of one row at least."""
    size = max(1, size)
    return [slice(first, min(first + size, rows)) for first in range(0, rows, size)]


def make_keys(cosines: Tensor) -> Tensor:
    """Turn cosines into int64 keys that order by cosine, then by the lower row; no two are equal.

    The bits of floats, read as integers, order like the floats, but the other way round below 0.
    They fill the upper half of a key; the row number, counted from the end, fills the lower half.
    """
    bits = (cosines + 0.0).view(torch.int32)  # -0.0 becomes 0.0: the two are a tie
    bits ^= (bits >> 31) & 0x7FFFFFFF
    rows = torch.arange(cosines.shape[1] - 1, -1, -1, device=cosines.device)
    return torch.add(rows, bits, alpha=2**32)


def _put_in_order(
    keys: Tensor, same: Tensor, relevant: NDArray[np.int64], top_k: int
) -> tuple[Tensor, Ranking]:
    """Give the top_k nearest rows, and the ranking as far down as the metrics look."""
    nearest = keys.topk(max(top_k, int(relevant.max())), dim=1).indices
    best_hit = keys.masked_fill(~same, LAST).amax(dim=1, keepdim=True)
    first_hit = _to_numpy((keys > best_hit).sum(dim=1) + 1)
    hits = _to_numpy(same.gather(1, nearest))
    nearest = nearest[:, :top_k].clone()  # lets go of the rest
    return nearest, Ranking(hits, relevant, np.where(relevant > 0, first_hit, 0))


def _to_numpy(tensor: Tensor) -> NDArray[Any]:
    """Bring a result back from the device."""
    return tensor.cpu().numpy()

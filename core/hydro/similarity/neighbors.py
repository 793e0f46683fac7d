"""Exact nearest neighbors by cosine, found block by block within a memory budget."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hydro.similarity.gallery import Gallery, as_tensor, check_finite
from hydro.similarity.topk import slices, stable_topk

BYTES_PER_PAIR = 5  # one query and one searched row: the cosine, and a share of a group maximum
BYTES_PER_PLACE = 48  # one rank of a query, and what a metric computes from it
QUERIES_PER_BLOCK = 512  # at a time, at most: with more, a product is not faster
TILE = 64  # queries; a product of any number takes as long as one of the next multiple
ROWS_PER_COUNT = 1024  # rows at a time that are compared with the first hit


@dataclass(frozen=True)
class Ranking:
    """The ranks of the rows of a query's own class among the searched rows."""

    hits: NDArray[np.bool_]
    """``(queries, depth)``: whether the j-th nearest row is of the query's class. The depth covers
    top_k and every R, and one more where there are as many rows: one that moves up."""
    relevant: NDArray[np.int64]
    """``(queries,)``: R, the rows of the query's class without the query itself."""
    first_hit: NDArray[np.int64]
    """``(queries,)``: rank of the first hit among all rows, counted from 1; 0 where R is 0."""

    @classmethod
    def of(cls, hits: NDArray[np.bool_], relevant: NDArray[np.int64]) -> Self:
        """Make a ranking from hits and R; the first hit is 0 where the hits hold none."""
        if not hits.shape[1]:
            return cls(hits, relevant, np.zeros_like(relevant))
        return cls(hits, relevant, np.where(hits.any(axis=1), hits.argmax(axis=1) + 1, 0))


@dataclass(frozen=True)
class Block:
    """The neighbors of some of the queries."""

    rows: NDArray[np.int64]
    """Which of the queries these are, by number."""
    neighbors: NDArray[np.int64]
    """``(queries, k)``: positions of the nearest rows, the nearest first."""
    similarities: NDArray[np.float32]
    """``(queries, k)``: their cosines with the query."""
    ranked: NDArray[np.int64]
    """``(queries, depth)``: positions of the rows of the ranking."""
    ranking: Ranking


def rank(
    embeddings: NDArray[np.float32],
    classes: NDArray[np.int64],
    *,
    top_k: int,
    gallery: NDArray[np.float32] | None = None,
    gallery_classes: NDArray[np.int64] | None = None,
    device: torch.device | str = "cpu",
    memory_bytes: int = 5 * 2**28,
) -> Iterator[Block]:
    """Find the nearest rows of every query, exactly; equally near ones go by their row number.

    Args:
        embeddings: the queries, ``(n, size)``, of length 1.
        classes: ``(n,)``, counted from 0; -1 for none, which is searched but never a hit.
        top_k: number of neighbors; at most the number of searched rows.
        gallery: the rows to search, ``(m, size)``. Without it the queries, each without itself.
        gallery_classes: ``(m,)``, required with ``gallery``.
        device: where to compute.
        memory_bytes: about the memory to use, besides the embeddings; a block has at least one
            query.

    Yields:
        Blocks that together hold every query once: those with few rows of their class first, and
        within a block by number.

    Raises:
        TrainingError: an embedding is not finite.
    """
    itself = gallery is None
    others = classes if gallery_classes is None else gallery_classes
    relevant = _count_relevant(classes, others) - (itself & (classes >= 0))
    top_k = max(0, min(top_k, len(others) - itself))
    check_finite(embeddings)
    searched = Gallery.load(embeddings if gallery is None else gallery, others, device)
    blocks = _blocks_by_depth(np.maximum(relevant, top_k), len(others), memory_bytes)
    longest = max(map(len, blocks), default=0)
    deepest = len(others) - itself
    space = torch.empty(longest * len(others), device=searched.embeddings.device)
    for rows in blocks:
        cosines = searched.compare(embeddings[rows], space)
        if itself:
            cosines[rows, np.arange(len(rows))] = -torch.inf
        depth = min(max(top_k, int(relevant[rows].max())) + 1, deepest)
        nearest, ranking = _rank_block(
            cosines, classes[rows], relevant[rows], searched, depth, memory_bytes // 16
        )
        similarities = cosines.T.gather(1, nearest[:, :top_k])
        ranked = nearest.cpu().numpy()
        yield Block(rows, ranked[:, :top_k], similarities.cpu().numpy(), ranked, ranking)


def _count_relevant(classes: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count, for every query, the rows searched that are of its class."""
    counts = np.bincount(others[others >= 0], minlength=classes.max(initial=0) + 1)
    return np.where(classes >= 0, counts[classes], 0)


def _blocks_by_depth(
    depths: NDArray[np.int64], searched: int, memory_bytes: int
) -> list[NDArray[np.int64]]:
    """Split the queries into blocks that fit into memory, by the depth of their rankings.

    One query of a class of 100,000 rows would otherwise make every ranking of its block as deep.
    """
    order = depths.argsort(kind="stable")
    needs = searched * BYTES_PER_PAIR + depths[order] * BYTES_PER_PLACE  # rises
    blocks = []
    first = 0
    while first < len(order):
        left = len(order) - first
        sizes = np.arange(1, min(QUERIES_PER_BLOCK, left) + 1)
        needed = sizes * needs[first : first + len(sizes)]
        size = max(1, int(np.searchsorted(needed, memory_bytes, "right")))
        if TILE < size < left:
            size -= size % TILE
        last = first + size
        blocks.append(np.sort(order[first:last]))
        first = last
    return blocks


def _rank_block(
    cosines: Tensor,
    classes: NDArray[np.int64],
    relevant: NDArray[np.int64],
    searched: Gallery,
    depth: int,
    memory_bytes: int,
) -> tuple[Tensor, Ranking]:
    """Return the nearest rows, as many as the metrics need, and their ranking."""
    nearest = stable_topk(cosines, depth, memory_bytes=memory_bytes)
    hits = searched.match(as_tensor(classes).to(nearest.device), nearest).cpu().numpy()
    ranking = Ranking.of(hits, relevant)
    missed = np.flatnonzero((ranking.first_hit == 0) & (relevant > 0))
    if missed.size:
        ranking.first_hit[missed] = _rank_first_hits(cosines, classes, missed, searched)
    return nearest, ranking


def _rank_first_hits(
    cosines: Tensor, classes: NDArray[np.int64], queries: NDArray[np.int64], searched: Gallery
) -> NDArray[np.int64]:
    """Return the rank of the first hit, for hits that lie deeper than the ranking."""
    best, first = [], []
    for query in queries.tolist():
        members = searched.members(int(classes[query]))
        values = cosines[members, query]
        best.append(values.max())
        first.append(members[values == best[-1]][0])
    hit, row = torch.stack(best), torch.stack(first)
    above = torch.nextafter(hit, torch.full_like(hit, -torch.inf))  # equal ones in upper rows count
    columns = as_tensor(queries).to(cosines.device)
    ranks = torch.ones_like(row)
    for part in slices(len(searched), ROWS_PER_COUNT):
        rows = torch.arange(part.start, part.stop, device=cosines.device)[:, None]
        bounds = torch.where(rows < row, above, hit)
        ranks += (cosines[part][:, columns] > bounds).sum(dim=0)
    return ranks.cpu().numpy()

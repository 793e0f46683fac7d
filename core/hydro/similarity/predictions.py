"""Predictions of a retrieval problem: embeddings with their nearest neighbors."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from hydro.plugins.metrics import MeanMetric, Metrics
from hydro.plugins.predictions import Predictions, check_values
from hydro.similarity.leave_one_out import LeaveOneOut
from hydro.similarity.neighbors import Ranking, rank
from hydro.similarity.retrieval_metrics import RankingScore
from hydro.similarity.rows import with_others

MAX_NEIGHBORS_IN_TABLE = 10  # neighbors written into a table; the arrays keep them all


@dataclass(frozen=True)
class RetrievalPredictions(Predictions):
    """The embeddings of a split, and for each row the nearest other rows of the same split."""

    embeddings: NDArray[np.float32]
    """``(rows, size)``, of length 1."""
    neighbors: NDArray[np.int64]
    """``(rows, k)``: positions in the split, counted from 0, the nearest first."""
    similarities: NDArray[np.float32]
    """``(rows, k)``: their cosines."""
    classes: NDArray[np.int64]
    """``(rows,)``: the class of each row, -1 where it has none."""

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Which rows figures are about: those with another row of their class, ``(rows,)``."""
        return with_others(self.classes)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the numeric part, by the name it is stored under."""
        return {
            "embeddings": self.embeddings,
            "neighbours": self.neighbors,
            "similarities": self.similarities,
            "classes": self.classes,
        }

    def columns(self, rows: NDArray[np.int64]) -> dict[str, Sequence[object]]:
        """Return the nearest neighbors as JSON lists of row numbers, and a column per metric."""
        similarities = self.similarities[:, :MAX_NEIGHBORS_IN_TABLE].astype(np.float64).round(6)
        return {
            "neighbours": [
                json.dumps(row) for row in rows[self.neighbors[:, :MAX_NEIGHBORS_IN_TABLE]].tolist()
            ],
            "similarities": [json.dumps(row) for row in similarities.tolist()],
            **{name: values.tolist() for name, values in self.values.items()},
        }


def describe_scored(scored: NDArray[np.bool_]) -> tuple[str, ...]:
    """Describe the rows that figures leave out; nothing where there are none."""
    left_out = int((~scored).sum())
    rows = "1 row is" if left_out == 1 else f"{left_out:,} rows are"
    return (f"{rows} left out: no other row of their class.",) if left_out else ()


def score_neighbors(
    embeddings: NDArray[np.float32],
    classes: NDArray[np.int64],
    *,
    metrics: Metrics[Ranking],
    top_k: int,
    gallery: NDArray[np.float32] | None = None,
    gallery_classes: NDArray[np.int64] | None = None,
    device: torch.device | str = "cpu",
) -> RetrievalPredictions:
    """Search a split within itself, or a gallery, once, and score every row by every metric.

    ``embeddings`` is ``(rows, size)`` of length 1, ``classes`` ``(rows,)`` with -1 for none.
    Neighbors are positions in the gallery where there is one.

    Raises:
        TrainingError: an embedding is not finite.
    """
    rows = len(embeddings)
    shape = (rows, max(0, min(top_k, rows - 1 if gallery is None else len(gallery))))
    if gallery is None and shape[1] < top_k:
        _warn_of_small_split(top_k, rows)
    # Filled in place: small results between large ones would fragment the memory.
    found = RetrievalPredictions(
        values={name: np.empty(rows) for name in metrics},
        embeddings=embeddings,
        neighbors=np.empty(shape, dtype=np.int64),
        similarities=np.empty(shape, dtype=np.float32),
        classes=classes,
    )
    left_out = {
        name: LeaveOneOut(metric.function, classes)
        for name, metric in metrics.items()
        if gallery is None
        and isinstance(metric, MeanMetric)
        and isinstance(metric.function, RankingScore)
    }
    for block in rank(
        embeddings,
        classes,
        top_k=top_k,
        gallery=gallery,
        gallery_classes=gallery_classes,
        device=device,
    ):
        found.neighbors[block.rows] = block.neighbors
        found.similarities[block.rows] = block.similarities
        for name, metric in metrics.items():
            values = metric.contributions(block.ranking)
            # Another shape would be broadcast over the rows, or fail without its name.
            check_values({name: values}, len(block.ranking.relevant))
            found.values[name][block.rows] = values
        for each in left_out.values():
            each.add(block)
    results = {name: each.result(found.values[name]) for name, each in left_out.items()}
    return replace(found, leave_one_out=results)


@cache
def _warn_of_small_split(top_k: int, rows: int) -> None:
    """Log, once for all evaluations, that there are fewer neighbors than requested."""
    logging.getLogger("hydro.plugins.predictions").info(
        f"prediction.top_k_similar is {top_k}, but of {rows} rows each has only "
        f"{max(0, rows - 1)} others: neighbors and metrics are cut there"
    )

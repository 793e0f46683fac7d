"""Search the rows of a gallery for those most similar to the rows of a table."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from hydro.data.labels import Labels
from hydro.plugins.metrics import Metrics
from hydro.plugins.retrieval import Vote, vote
from hydro.similarity.neighbors import Ranking
from hydro.similarity.predictions import (
    MAX_NEIGHBORS_IN_TABLE,
    RetrievalPredictions,
    score_neighbors,
)
from hydro.similarity.rows import join_labels

VOTERS = 5
"""Neighbors that vote for the label of a row."""


@dataclass(frozen=True)
class GalleryPredictions(RetrievalPredictions):
    """The embeddings of rows, and for each the nearest rows of a gallery."""

    gallery_rows: NDArray[np.int64]
    """``(gallery,)``: the number of each row of the gallery in its file."""
    gallery_labels: Sequence[str | None]
    """``(gallery,)``: the labels of each row of the gallery, joined; None where it has none."""
    threshold: float | None
    """The similarity from which on two rows are taken for the same class."""
    labels: Sequence[str | None]
    """``(rows,)``: the labels of each row, joined; None where it has none."""

    @cached_property
    def votes(self) -> list[Vote] | None:
        """The label that the nearest rows vote for, of each row; None for a gallery without."""
        labels = np.array(self.gallery_labels, dtype=object)
        if all(label is None for label in self.gallery_labels):
            return None
        voters = labels[self.neighbors[:, :VOTERS]].tolist()
        similarities = self.similarities[:, :VOTERS].tolist()
        pairs = zip(voters, similarities, strict=True)
        return [vote(zip(*pair, strict=True)) for pair in pairs]

    def more_scores(self) -> dict[str, NDArray[np.float64]]:
        """Return whether the predicted label is the row's own: the accuracy."""
        if self.votes is None:
            return {}
        pairs = zip(self.votes, self.labels, strict=True)
        right = [np.nan if label is None else vote.label == label for vote, label in pairs]
        return {"accuracy": np.array(right, dtype=np.float64)}

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the numeric part; neighbors are positions in ``gallery_rows``."""
        return {**super().arrays(), "gallery_rows": self.gallery_rows}

    def columns(self, rows: NDArray[np.int64]) -> dict[str, Sequence[object]]:
        """Return the nearest rows of the gallery, by their number in its file."""
        shown = self.neighbors[:, :MAX_NEIGHBORS_IN_TABLE]
        similarities = self.similarities[:, :MAX_NEIGHBORS_IN_TABLE]
        labels = np.array(self.gallery_labels, dtype=object)
        columns: dict[str, Sequence[object]] = {"neighbours": _to_json(self.gallery_rows[shown])}
        if self.votes is not None:
            columns["neighbour_labels"] = _to_json(labels[shown])
            columns["predicted_label"] = [each.label for each in self.votes]
            columns["confidence"] = [
                each.confidence if each.confidence is None else round(each.confidence, 6)
                for each in self.votes
            ]
        if self.threshold is not None:
            columns["same"] = _to_json(similarities >= self.threshold)
        # A metric that no row is scored by has no column.
        scored = [name for name in self.values if self.defined(name).any()]
        return {
            **columns,
            "similarities": _to_json(similarities.astype(np.float64).round(6)),
            **{name: self.values[name].tolist() for name in scored},
        }


def _to_json(table: NDArray[np.generic]) -> list[str]:
    """Return each row as a JSON list."""
    return [json.dumps(row, ensure_ascii=False) for row in table.tolist()]


def retrieve(
    embed: Callable[[pd.DataFrame], NDArray[np.float32]],
    frame: pd.DataFrame,
    gallery: pd.DataFrame | None,
    *,
    targets: Sequence[str],
    metrics: Metrics[Ranking],
    top_k: int,
    threshold: float | None,
    device: torch.device | str = "cpu",
) -> GalleryPredictions:
    """Embed rows and search a gallery for each; without one, the rows, each without itself.

    Args:
        embed: embeds the rows of a table: ``(rows, size)``, of length 1.
        frame: the rows; their labels are optional.
        gallery: the rows to search, likewise.
        targets: the label columns.
        metrics: score the rows that have labels.
        top_k: number of neighbors.
        threshold: the similarity from which on two rows are taken for the same class.
        device: where to search.

    Raises:
        TrainingError: an embedding is not finite.
    """
    searched = frame if gallery is None else gallery
    labeled = set(targets) <= set(searched.columns)
    # A class of both tables has one number.
    labels = Labels.of(searched, targets) if labeled else Labels(tuple(targets), ())
    found = score_neighbors(
        embed(frame),
        labels.encode(frame),
        metrics=metrics,
        top_k=top_k,
        gallery=None if gallery is None else embed(gallery),
        gallery_classes=None if gallery is None else labels.encode(gallery),
        device=device,
    )
    return GalleryPredictions(
        **vars(found),
        gallery_rows=searched.index.to_numpy(),
        gallery_labels=join_labels(searched, targets),
        labels=join_labels(frame, targets),
        threshold=threshold,
    )

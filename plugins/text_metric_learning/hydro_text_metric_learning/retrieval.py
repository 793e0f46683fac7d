"""What a trained model says of new rows: embeddings, and the most similar rows of a gallery."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.api import Labels, Metrics, Precision
from hydro.similarity.predictions import (
    MAX_NEIGHBORS_IN_TABLE,
    RetrievalPredictions,
    score_neighbors,
)
from hydro_text_metric_learning.trained import TrainedEncoder


@dataclass(frozen=True)
class GalleryPredictions(RetrievalPredictions):
    """The embeddings of rows, and for each the nearest rows of a gallery."""

    gallery_rows: NDArray[np.int64]
    """``(gallery,)``: the number of each row of the gallery in its file."""
    gallery_labels: Sequence[str | None]
    """``(gallery,)``: the labels of each row of the gallery, joined; None where it has none."""
    threshold: float | None
    """The similarity from which on two rows are taken for the same class."""

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the numeric part; neighbors are positions in ``gallery_rows``."""
        return {**super().arrays(), "gallery_rows": self.gallery_rows}

    def columns(self, rows: NDArray[np.int64]) -> dict[str, Sequence[object]]:
        """Return the nearest rows of the gallery by their number in its file, and what they are."""
        shown = self.neighbors[:, :MAX_NEIGHBORS_IN_TABLE]
        labels = np.array(self.gallery_labels, dtype=object)
        columns: dict[str, Sequence[object]] = {"neighbours": _lists(self.gallery_rows[shown])}
        if any(label is not None for label in labels):
            columns["neighbour_labels"] = _lists(labels[shown])
        if self.threshold is not None:
            columns["same"] = _lists(
                self.similarities[:, :MAX_NEIGHBORS_IN_TABLE] >= self.threshold
            )
        similarities = self.similarities[:, :MAX_NEIGHBORS_IN_TABLE].astype(np.float64).round(6)
        # A metric that no row is scored by has no column.
        scored = [name for name in self.values if self.defined(name).any()]
        values = {name: self.values[name].tolist() for name in scored}
        return {**columns, "similarities": _lists(similarities), **values}


def _lists(table: NDArray[Any]) -> list[str]:
    """Write each row as a JSON list."""
    return [json.dumps(row, ensure_ascii=False) for row in table.tolist()]


def retrieve(
    trained: TrainedEncoder,
    frame: pd.DataFrame,
    gallery: pd.DataFrame | None,
    *,
    targets: Sequence[str],
    metrics: Metrics,
    top_k: int,
    precision: Precision,
    watch: Callable[[int], object],
) -> GalleryPredictions:
    """Embed rows and search a gallery for each; without one, the rows, each without itself.

    Args:
        trained: the model.
        frame: the rows, which have the text columns; the labels are optional.
        gallery: the rows to search, likewise.
        targets: the label columns.
        metrics: what to score the rows that have labels by.
        top_k: how many neighbors to give.
        precision: how to compute, and where.
        watch: told how many more rows are done.

    Raises:
        TrainingError: an embedding is not finite.
    """

    def embed(rows: pd.DataFrame) -> NDArray[np.float32]:
        columns = [rows[name].tolist() for name in trained.text_columns]
        return trained.embed(columns, autocast=precision.inference, watch=watch)

    searched = frame if gallery is None else gallery
    named = set(targets) <= set(searched.columns)
    # A class of both tables has one number.
    labels = Labels.of(searched, targets) if named else Labels(tuple(targets), ())
    found = score_neighbors(
        embed(frame),
        labels.encode(frame),
        metrics=metrics,
        top_k=top_k,
        gallery=None if gallery is None else embed(gallery),
        gallery_classes=None if gallery is None else labels.encode(gallery),
        device=precision.device,
    )
    return GalleryPredictions(
        **vars(found),
        gallery_rows=searched.index.to_numpy(),
        gallery_labels=joined_labels(searched, targets),
        threshold=trained.threshold,
    )


def joined_labels(frame: pd.DataFrame, targets: Sequence[str]) -> list[str | None]:
    """Return the labels of each row as one text; None where one of them is missing."""
    if not set(targets) <= set(frame.columns):
        return [None] * len(frame)
    rows = frame[list(targets)].astype(object)
    complete = rows.notna().all(axis=1)
    return [
        " | ".join(row) if whole else None
        for row, whole in zip(rows.to_numpy().tolist(), complete, strict=True)
    ]

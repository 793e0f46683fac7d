"""How MLflow opens a scoring pipeline, beside whose program it lies in an exported model."""

from typing import TYPE_CHECKING, Any

import numpy as np
from scoring_pipeline import COSINES, Pipeline

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


class Embedder:
    """What MLflow calls a model."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    def predict(
        self, frame: "pd.DataFrame", params: dict[str, Any] | None = None
    ) -> "NDArray[np.float32] | NDArray[np.bool_]":
        """Embed the rows of a table: ``(rows, embedding_size)``, of length 1.

        With ``params={"same": True}`` tell which of them are to be taken for the same class
        instead: ``(rows, rows)``.

        Raises:
            InputError: a row has no text, or there is no threshold to tell by.
        """
        same = bool((params or {}).get("same"))
        if same:
            self.pipeline.same(np.empty(0, np.float32))  # is there a threshold at all?
        texts = frame[self.pipeline.text_columns].astype(object)
        rows = texts.where(texts.notna(), None).to_dict("records")
        found: NDArray[np.float32] = self.pipeline.embed_rows(rows)
        if not same:
            return found
        parts = np.array_split(found, 1 + len(found) ** 2 // COSINES)
        pairs: NDArray[np.bool_] = np.concatenate(
            [self.pipeline.same(part @ found.T) for part in parts]
        )
        return pairs


def _load_pyfunc(path: str) -> Embedder:
    """Open the pipeline in a folder; the name is MLflow's."""
    return Embedder(Pipeline(path))

"""How MLflow opens a scoring pipeline, beside whose program it lies in an exported model."""

from typing import TYPE_CHECKING, Any

from scoring_pipeline import Pipeline

if TYPE_CHECKING:
    import numpy as np
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
        texts = frame[self.pipeline.text_columns].astype(object)
        rows = texts.where(texts.notna(), None).to_dict("records")
        found: NDArray[np.float32] = self.pipeline.embed_rows(rows)
        if not (params or {}).get("same"):
            return found
        same: NDArray[np.bool_] = self.pipeline.same(found @ found.T)
        return same


def _load_pyfunc(path: str) -> Embedder:
    """Open the pipeline in a folder; the name is MLflow's."""
    return Embedder(Pipeline(path))

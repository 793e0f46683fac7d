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

    def predict(self, frame: "pd.DataFrame", params: Any = None) -> "NDArray[np.float32]":
        """Embed the rows of a table: ``(rows, embedding_size)``, of length 1.

        Raises:
            InputError: a row has no text.
        """
        texts = frame[self.pipeline.text_columns].astype(object)
        rows = texts.where(texts.notna(), None).to_dict("records")
        found: NDArray[np.float32] = self.pipeline.embed_rows(rows)
        return found


def _load_pyfunc(path: str) -> Embedder:
    """Open the pipeline in a folder; the name is MLflow's."""
    return Embedder(Pipeline(path))

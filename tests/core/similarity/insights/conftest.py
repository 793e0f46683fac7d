"""What tests of insights share: predictions of embeddings on a circle."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

from hydro.plugins.metrics import MeanMetric
from hydro.similarity.predictions import RetrievalPredictions, score_neighbors
from hydro.similarity.retrieval_metrics import METRICS


@pytest.fixture
def circle() -> Callable[..., RetrievalPredictions]:
    """Give predictions for rows at these degrees, of these classes."""

    def predict(
        degrees: Sequence[float], classes: Sequence[int], top_k: int = 50
    ) -> RetrievalPredictions:
        angles = np.radians(degrees)
        points = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
        metrics = {name: MeanMetric(METRICS[name](top_k)) for name in ("mAP", "Precision@1")}
        return score_neighbors(points, np.array(classes), metrics=metrics, top_k=top_k)

    return predict


@pytest.fixture
def shown() -> Callable[[Sequence[int]], pd.DataFrame]:
    """Give the row, text and label of rows of these classes."""

    def show(classes: Sequence[int]) -> pd.DataFrame:
        rows = range(10, 10 + len(classes))
        texts = [f"text {row}" for row in rows]
        return pd.DataFrame({"row": rows, "text": texts, "label": [f"c{each}" for each in classes]})

    return show

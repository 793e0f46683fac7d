"""What a trained model of text metric learning is used for."""

from pathlib import Path
from typing import TYPE_CHECKING

from hydro.api import Columns
from hydro.similarity.inference import EmbeddingRetrieval
from hydro_text_metric_learning.settings import TextMetricLearningSettings

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import torch
    from numpy.typing import NDArray

    from hydro.api import Precision
    from hydro_text_metric_learning.trained import TrainedEncoder


class TextRetrieval(EmbeddingRetrieval[TextMetricLearningSettings, "TrainedEncoder"]):
    """Embeds texts, and finds those of a gallery that are most similar."""

    def columns(self, settings: TextMetricLearningSettings) -> Columns:
        """Return the columns of texts and labels."""
        dataset = settings.dataset
        return Columns(dataset.text_column, dataset.label_columns, dataset.normalize_labels)

    def load(
        self, settings: TextMetricLearningSettings, *, folder: Path, device: "torch.device"
    ) -> "TrainedEncoder":
        """Load the encoder and its tokenizer."""
        from hydro_text_metric_learning.trained import load_trained

        return load_trained(folder, device)

    def embed(
        self,
        settings: TextMetricLearningSettings,
        *,
        trained: "TrainedEncoder",
        frame: "pd.DataFrame",
        precision: "Precision",
    ) -> "tuple[NDArray[np.float32], NDArray[np.int64]]":
        """Embed texts, and count the tokens of each."""
        texts = trained.encode(frame)
        return trained.embed_texts(texts, autocast=precision.inference), texts.lengths

"""What a trained model of text metric learning is used for."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hydro.api import Kind, Metrics, Retrieval
from hydro_text_metric_learning.settings import TextSettings

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import torch
    from numpy.typing import NDArray

    from hydro.api import Precision
    from hydro_text_metric_learning.index import TextIndex
    from hydro_text_metric_learning.retrieval import GalleryPredictions
    from hydro_text_metric_learning.trained import TrainedEncoder


class TextRetrieval(Retrieval[TextSettings, "TrainedEncoder"]):
    """Embeds texts, and finds those of a gallery that are most similar."""

    def load(
        self, settings: TextSettings, *, folder: Path, device: "torch.device"
    ) -> "TrainedEncoder":
        """Load the encoder and its tokenizer."""
        from hydro_text_metric_learning.trained import load_trained

        return load_trained(folder, device)

    def predict(
        self,
        settings: TextSettings,
        *,
        trained: "TrainedEncoder",
        frame: "pd.DataFrame",
        metrics: Metrics,
        precision: "Precision",
        on_progress: Callable[[int], object],
    ) -> "GalleryPredictions":
        """Embed rows, and find the most similar ones among themselves."""
        return self._retrieve(settings, trained, frame, None, metrics, precision, on_progress)

    def retrieve(
        self,
        settings: TextSettings,
        *,
        trained: "TrainedEncoder",
        frame: "pd.DataFrame",
        gallery: "pd.DataFrame",
        metrics: Metrics,
        precision: "Precision",
        on_progress: Callable[[int], object],
    ) -> "GalleryPredictions":
        """Embed rows, and find the most similar ones of a gallery."""
        return self._retrieve(settings, trained, frame, gallery, metrics, precision, on_progress)

    def embed(
        self,
        settings: TextSettings,
        *,
        trained: "TrainedEncoder",
        frame: "pd.DataFrame",
        precision: "Precision",
    ) -> "tuple[NDArray[np.float32], NDArray[np.int64]]":
        """Embed rows, and count the tokens of each."""
        corpus = trained.encode([frame[name].tolist() for name in trained.text_columns])
        return trained.embed_corpus(corpus, autocast=precision.inference), corpus.lengths

    def build_index(
        self,
        settings: TextSettings,
        *,
        trained: "TrainedEncoder",
        gallery: "pd.DataFrame",
        kind: Kind,
        precision: "Precision",
        on_progress: Callable[[int], object],
    ) -> "TextIndex":
        """Embed a gallery and index it."""
        from hydro_text_metric_learning.index import TextIndex

        return TextIndex.build(
            trained,
            gallery,
            targets=settings.dataset.label_columns,
            kind=kind,
            autocast=precision.inference,
            watch=on_progress,
        )

    def open_index(
        self,
        settings: TextSettings,
        *,
        trained: "TrainedEncoder",
        folder: Path,
        precision: "Precision",
    ) -> "TextIndex":
        """Open an index that was saved."""
        from hydro_text_metric_learning.index import TextIndex

        return TextIndex.open(folder, trained, autocast=precision.inference)

    def _retrieve(
        self,
        settings: TextSettings,
        trained: "TrainedEncoder",
        frame: "pd.DataFrame",
        gallery: "pd.DataFrame | None",
        metrics: Metrics,
        precision: "Precision",
        on_progress: Callable[[int], object],
    ) -> "GalleryPredictions":
        from hydro_text_metric_learning.retrieval import retrieve

        return retrieve(
            trained,
            frame,
            gallery,
            targets=settings.dataset.label_columns,
            metrics=metrics,
            top_k=settings.prediction.top_k_similar,
            precision=precision,
            watch=on_progress,
        )

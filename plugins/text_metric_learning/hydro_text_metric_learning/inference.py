"""What a trained model is put to use for; each function loads what is heavy when it is called."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydro_text_metric_learning.settings import TextSettings

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import torch
    from numpy.typing import NDArray

    from hydro.api import Precision
    from hydro.similarity.predictions import RetrievalPredictions
    from hydro_text_metric_learning.index import TextIndex
    from hydro_text_metric_learning.retrieval import GalleryPredictions
    from hydro_text_metric_learning.trained import TrainedEncoder


def calibrate(
    settings: TextSettings, *, predictions: "RetrievalPredictions", precision: "Precision"
) -> dict[str, Any]:
    """Choose the similarity from which on two texts are taken for the same class."""
    from hydro.similarity.threshold import choose_threshold

    return choose_threshold(
        predictions.embeddings,
        predictions.classes,
        precision=settings.prediction.threshold_precision,
        device=precision.device,
    ).to_json()


def load(settings: TextSettings, *, folder: Path, device: "torch.device") -> "TrainedEncoder":
    """Open the encoder and its tokenizer."""
    from hydro_text_metric_learning.trained import load_trained

    return load_trained(folder, device)


def predict(
    settings: TextSettings,
    *,
    trained: "TrainedEncoder",
    frame: "pd.DataFrame",
    gallery: "pd.DataFrame | None",
    metrics: Mapping[str, Any],
    precision: "Precision",
    watch: Callable[[int], object],
) -> "GalleryPredictions":
    """Embed rows, and find the most similar ones of a gallery, or of the rows themselves."""
    from hydro_text_metric_learning.retrieval import retrieve

    return retrieve(
        trained,
        frame,
        gallery,
        targets=settings.dataset.label_columns,
        metrics=metrics,
        top_k=settings.prediction.top_k_similar,
        precision=precision,
        watch=watch,
    )


def build_index(
    settings: TextSettings,
    *,
    trained: "TrainedEncoder",
    gallery: "pd.DataFrame",
    kind: str,
    precision: "Precision",
    watch: Callable[[int], object],
) -> "TextIndex":
    """Embed a gallery and index it."""
    from hydro_text_metric_learning.index import TextIndex

    return TextIndex.build(
        trained,
        gallery,
        targets=settings.dataset.label_columns,
        kind=kind,
        autocast=precision.inference,
        watch=watch,
    )


def open_index(
    settings: TextSettings,
    *,
    trained: "TrainedEncoder",
    folder: Path,
    precision: "Precision",
) -> "TextIndex":
    """Open an index that was saved."""
    from hydro_text_metric_learning.index import TextIndex

    return TextIndex.open(folder, trained, autocast=precision.inference)


def embed(
    settings: TextSettings,
    *,
    trained: "TrainedEncoder",
    frame: "pd.DataFrame",
    precision: "Precision",
) -> "tuple[NDArray[np.float32], NDArray[np.int64]]":
    """Embed rows, and count the tokens of each."""
    corpus = trained.encode([frame[name].tolist() for name in trained.text_columns])
    return trained.embed_corpus(corpus, autocast=precision.inference), corpus.lengths

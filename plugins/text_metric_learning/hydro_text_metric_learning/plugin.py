"""The door of text metric learning: what it offers to hydro, and how each part is built."""

from typing import TYPE_CHECKING, Any

from hydro.api import (
    Dataset,
    Exporter,
    Insight,
    Loss,
    MeanMetric,
    Metric,
    Model,
    Problem,
    Tokenizer,
    hookimpl,
)
from hydro_text_metric_learning.exporters import offered_exporters
from hydro_text_metric_learning.insights.records import INSIGHTS
from hydro_text_metric_learning.problem import TextMetricLearning
from hydro_text_metric_learning.settings import ArcFaceSettings, TextSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from hydro.api import Labels
    from hydro.text import Encoder, TextTokenizer
    from hydro_text_metric_learning.dataset import LabeledTexts

NAME = TextMetricLearning.name
METRICS = ("mAP", "Precision@1", "Recall@K", "MRR", "nDCG@K", "R-Precision", "MAP@R")


@hookimpl
def hydro_problems() -> list[Problem]:
    """Return the problem type."""
    return [TextMetricLearning()]


@hookimpl
def hydro_tokenizers() -> list[Tokenizer]:
    """Return the tokenizer that comes with the backbone."""
    return [Tokenizer("Backbone", build_tokenizer, problems=(NAME,))]


@hookimpl
def hydro_datasets() -> list[Dataset]:
    """Return labeled texts."""
    return [Dataset("Labeled texts", build_dataset, problems=(NAME,))]


@hookimpl
def hydro_models() -> list[Model]:
    """Return the encoder."""
    return [Model("Encoder", build_model, problems=(NAME,))]


@hookimpl
def hydro_losses() -> list[Loss]:
    """Return the losses."""
    return [
        Loss("ArcFace", build_arcface, problems=(NAME,), settings=ArcFaceSettings),
        Loss("CrossEntropy", build_cross_entropy, problems=(NAME,)),
    ]


@hookimpl
def hydro_metrics() -> list[Metric]:
    """Return the metrics of retrieval."""
    return [Metric(name, _metric_builder(name), problems=(NAME,)) for name in METRICS]


@hookimpl
def hydro_insights() -> list[Insight]:
    """Return looks at the data, the embeddings and their neighbors."""
    return list(INSIGHTS)


@hookimpl
def hydro_exporters() -> list[Exporter]:
    """Return the formats of other programs."""
    return offered_exporters(NAME)


def build_tokenizer(settings: TextSettings) -> "TextTokenizer":
    """Build the backbone's own tokenizer."""
    from hydro.text import find_backbone, load_tokenizer

    return load_tokenizer(
        find_backbone(settings.architecture.backbone),
        max_length=settings.tokenizer.max_length,
        lowercase=settings.tokenizer.lowercase,
        separator=settings.dataset.separator,
    )


def build_dataset(
    settings: TextSettings,
    *,
    frame: "pd.DataFrame",
    tokenizer: "TextTokenizer",
    targets: "Labels",
    training: bool,
) -> "LabeledTexts":
    """Build the rows of one split, tokenized once."""
    from hydro.text import cached_token_ids, default_cache
    from hydro_text_metric_learning.dataset import LabeledTexts

    texts = tokenizer.join([frame[name].array for name in settings.dataset.text_column])
    quantile = settings.tokenizer.padding_quantile if training else 1.0
    corpus = cached_token_ids(texts, tokenizer, default_cache())
    return LabeledTexts(corpus, targets.encode(frame), quantile)


def build_model(
    settings: TextSettings, *, tokenizer: "TextTokenizer", targets: "Labels"
) -> "Encoder":
    """Build backbone, pooling and neck."""
    import logging

    from hydro.text import Encoder, find_backbone, load_backbone

    architecture = settings.architecture
    backbone = load_backbone(
        find_backbone(architecture.backbone),
        pretrained=architecture.pretrained,
        dropout=architecture.intermediate_dropout,
        gradient_checkpointing=architecture.gradient_checkpointing,
    )
    encoder = Encoder(
        backbone,
        pool=architecture.pool,
        dropout=architecture.dropout,
        embedding_size=architecture.embedding_size,
        batch_normalization=architecture.batch_normalization,
    )
    if encoder.note:
        logging.getLogger("hydro.text").info(encoder.note)
    return encoder


def build_arcface(settings: TextSettings, *, model: "Encoder", targets: "Labels") -> Any:
    """Build ArcFace over the classes of the training rows."""
    from hydro_text_metric_learning.losses.arcface import ArcFace

    own = settings.of(ArcFaceSettings)
    return ArcFace(
        model.embedding_size,
        len(targets),
        own.arcface_margin,
        own.arcface_scale,
        settings.training.num_sampled(),
        from_class_means=own.arcface_centres == "Class means",
    )


def build_cross_entropy(settings: TextSettings, *, model: "Encoder", targets: "Labels") -> Any:
    """Build a linear classifier over the classes of the training rows."""
    from hydro_text_metric_learning.losses.cross_entropy import CrossEntropy

    return CrossEntropy(model.embedding_size, len(targets), settings.training.num_sampled())


def _metric_builder(name: str) -> "Callable[[TextSettings], Any]":
    def build(settings: TextSettings) -> Any:
        from hydro.similarity.retrieval_metrics import METRICS as BY_NAME

        return MeanMetric(BY_NAME[name](settings.prediction.top_k_similar))

    return build

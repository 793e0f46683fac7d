"""The door of text metric learning: what it offers to hydro, and how each part is built."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydro.api import (
    Columns,
    Dataset,
    Exporter,
    Inference,
    Insight,
    Loss,
    Metric,
    Model,
    Problem,
    Tokenizer,
    hookimpl,
)
from hydro_text_metric_learning import inference
from hydro_text_metric_learning.exporters import offered_exporters
from hydro_text_metric_learning.insights.records import INSIGHTS
from hydro_text_metric_learning.settings import ArcFaceSettings, TextSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from hydro.api import Labels, Precision
    from hydro.similarity.predictions import RetrievalPredictions
    from hydro.text import Encoder, TextTokenizer
    from hydro_text_metric_learning.dataset import LabeledTexts

NAME = "text_metric_learning"
METRICS = ("mAP", "Precision@1", "Recall@K", "MRR", "nDCG@K", "R-Precision", "MAP@R")


@hookimpl
def hydro_problems() -> list[Problem]:
    """Return the problem type."""
    return [
        Problem(
            name=NAME,
            title="Text metric learning",
            settings=TextSettings,
            columns=columns,
            predict=predict,
            prepare=prepare,
            save=save,
            warnings=warnings,
            calibrate=inference.calibrate,
            inference=Inference(
                inference.load,
                inference.predict,
                inference.build_index,
                inference.open_index,
                inference.embed,
            ),
            defaults={"training.loss_function": "ArcFace", "prediction.metric": "mAP"},
        )
    ]


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


def columns(settings: TextSettings) -> Columns:
    """Describe which columns hold texts and labels."""
    return Columns(inputs=settings.dataset.text_column, targets=settings.dataset.label_columns)


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
    labels: "Labels",
    training: bool,
) -> "LabeledTexts":
    """Build the rows of one split, tokenized once."""
    from hydro.text import cached_token_ids, default_cache
    from hydro_text_metric_learning.dataset import LabeledTexts

    texts = tokenizer.join([frame[name].array for name in settings.dataset.text_column])
    quantile = settings.tokenizer.padding_quantile if training else 1.0
    corpus = cached_token_ids(texts, tokenizer, default_cache())
    return LabeledTexts(corpus, labels.encode(frame), quantile)


def build_model(settings: TextSettings, *, tokenizer: "TextTokenizer") -> "Encoder":
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


def build_arcface(settings: TextSettings, *, model: "Encoder", labels: "Labels") -> Any:
    """Build ArcFace over the classes of the training rows."""
    from hydro_text_metric_learning.losses.arcface import ArcFace

    own = settings.of(ArcFaceSettings)
    return ArcFace(
        model.embedding_size,
        len(labels),
        own.arcface_margin,
        own.arcface_scale,
        settings.training.sampled_classes,
    )


def build_cross_entropy(settings: TextSettings, *, model: "Encoder", labels: "Labels") -> Any:
    """Build a linear classifier over the classes of the training rows."""
    from hydro_text_metric_learning.losses.cross_entropy import CrossEntropy

    return CrossEntropy(model.embedding_size, len(labels), settings.training.sampled_classes)


def prepare(
    settings: TextSettings,
    *,
    model: "Encoder",
    loss: Any,
    dataset: "LabeledTexts",
    precision: "Precision",
) -> None:
    """Start the class centers where the untrained model has the classes."""
    from hydro_text_metric_learning.class_centers import init_from_class_means
    from hydro_text_metric_learning.losses.arcface import ArcFace

    if isinstance(loss, ArcFace) and settings.of(ArcFaceSettings).arcface_centres == "Class means":
        init_from_class_means(loss, model, dataset, precision)


def warnings(settings: TextSettings, *, classes: int) -> list[str]:
    """Describe how much memory the classes take, if they are many."""
    from hydro_text_metric_learning.memory_note import head_note

    training = settings.training
    if training.loss_function not in ("ArcFace", "CrossEntropy"):
        return []
    return head_note(settings.architecture, classes, training.sampled_classes)


def predict(
    settings: TextSettings,
    *,
    model: "Encoder",
    dataset: "LabeledTexts",
    metrics: "Mapping[str, Any]",
    precision: "Precision",
    watch: "Callable[[int], None]",
) -> "RetrievalPredictions":
    """Embed a split, and search it for the neighbors of each of its rows."""
    from hydro.similarity.predictions import score_neighbors
    from hydro.text import embed

    return score_neighbors(
        embed(model, dataset.corpus, autocast=precision.inference, watch=watch),
        dataset.classes,
        metrics=metrics,
        top_k=settings.prediction.top_k_similar,
        device=precision.device,
    )


def save(
    settings: TextSettings,
    *,
    model: "Encoder",
    tokenizer: "TextTokenizer",
    labels: "Labels",
    train: "pd.DataFrame",
    scores: "Mapping[str, Any]",
    folder: Path,
) -> None:
    """Write the model as a folder that sentence-transformers opens."""
    from hydro_text_metric_learning.export.sentence_transformers import write_sentence_transformers
    from hydro_text_metric_learning.model_card import model_card

    write_sentence_transformers(
        folder,
        backbone=model.backbone,
        tokenizer=tokenizer.hf,
        max_length=tokenizer.max_length,
        pool=model.pool,
        neck=model.projection,
        columns=settings.dataset.text_column,
        separator=tokenizer.separator,
        threshold=scores["validation"]["decision"]["threshold"],
        card=model_card(settings, scores, rows=len(train), classes=len(labels)),
    )


def _metric_builder(name: str) -> "Callable[[TextSettings], Any]":
    def build(settings: TextSettings) -> Any:
        from hydro.similarity.retrieval_metrics import METRICS as BY_NAME

        return BY_NAME[name](settings.prediction.top_k_similar)

    return build

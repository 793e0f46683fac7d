"""The hooks of text metric learning: what it registers, and how its losses are built."""

from typing import TYPE_CHECKING

from hydro.api import (
    Dataset,
    Exporter,
    Insight,
    Loss,
    Metric,
    Model,
    Problem,
    Tokenizer,
    hookimpl,
)
from hydro.similarity.insights.records import neighbor_insights
from hydro.similarity.metrics import retrieval_metrics
from hydro.text import text_components, text_insights
from hydro_text_metric_learning.exporters import offered_exporters
from hydro_text_metric_learning.problem import TextMetricLearning
from hydro_text_metric_learning.settings import ArcFaceSettings, TextMetricLearningSettings

if TYPE_CHECKING:
    from hydro.api import Labels
    from hydro.text import Encoder
    from hydro_text_metric_learning.losses.arcface import ArcFace
    from hydro_text_metric_learning.losses.cross_entropy import CrossEntropy

PROBLEM = TextMetricLearning()
NAME = PROBLEM.name
COMPONENTS = text_components(NAME)


@hookimpl
def hydro_problems() -> list[Problem]:
    """Return the problem type."""
    return [PROBLEM]


@hookimpl
def hydro_tokenizers() -> list[Tokenizer]:
    """Return the tokenizer of the backbone."""
    return [COMPONENTS.tokenizer]


@hookimpl
def hydro_datasets() -> list[Dataset]:
    """Return labeled texts."""
    return [COMPONENTS.dataset]


@hookimpl
def hydro_models() -> list[Model]:
    """Return the encoder."""
    return [COMPONENTS.model]


@hookimpl
def hydro_losses() -> list[Loss]:
    """Return the losses."""
    return [
        Loss("ArcFace", build_arcface, problems=(NAME,), settings=ArcFaceSettings),
        Loss("CrossEntropy", build_cross_entropy, problems=(NAME,)),
    ]


@hookimpl
def hydro_metrics() -> list[Metric]:
    """Return the retrieval metrics."""
    return retrieval_metrics(NAME)


@hookimpl
def hydro_insights() -> list[Insight]:
    """Return the insights into texts, embeddings and their neighbors."""
    return [*neighbor_insights(NAME, PROBLEM.columns), *text_insights(NAME)]


@hookimpl
def hydro_exporters() -> list[Exporter]:
    """Return the formats of other programs."""
    return offered_exporters(NAME)


def build_arcface(
    settings: TextMetricLearningSettings, *, model: "Encoder", targets: "Labels"
) -> "ArcFace":
    """Build ArcFace over the classes of the training rows."""
    from hydro_text_metric_learning.losses.arcface import ArcFace

    own = settings.of(ArcFaceSettings)
    return ArcFace(
        model.embedding_size,
        len(targets),
        own.arcface_margin,
        own.arcface_scale,
        settings.training.num_sampled(),
        from_class_means=own.arcface_init == "Class means",
    )


def build_cross_entropy(
    settings: TextMetricLearningSettings, *, model: "Encoder", targets: "Labels"
) -> "CrossEntropy":
    """Build a linear classifier over the classes of the training rows."""
    from hydro_text_metric_learning.losses.cross_entropy import CrossEntropy

    return CrossEntropy(model.embedding_size, len(targets), settings.training.num_sampled())

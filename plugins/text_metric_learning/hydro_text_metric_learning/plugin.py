"""The hooks of text metric learning: what it registers."""

from typing import TYPE_CHECKING

from hydro.api import (
    Dataset,
    Exporter,
    Insight,
    Loss,
    Metric,
    Model,
    Problem,
    Sampler,
    SettingsError,
    Tokenizer,
    hookimpl,
)
from hydro.similarity.insights.records import neighbor_insights
from hydro.similarity.metrics import retrieval_metrics
from hydro.text import text_components, text_insights
from hydro_text_metric_learning.exporters import offered_exporters
from hydro_text_metric_learning.offered_losses import offered_losses
from hydro_text_metric_learning.problem import TextMetricLearning
from hydro_text_metric_learning.settings import BalancedSettings, TextMetricLearningSettings

if TYPE_CHECKING:
    import pandas as pd

    from hydro.api import Labels
    from hydro.similarity.balanced_batches import BalancedBatches

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
    return offered_losses(NAME)


@hookimpl
def hydro_samplers() -> list[Sampler]:
    """Return the sampler for losses of pairs."""
    return [Sampler("Balanced", build_balanced, problems=(NAME,), settings=BalancedSettings)]


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


def build_balanced(
    settings: TextMetricLearningSettings,
    *,
    dataset: object,
    frame: "pd.DataFrame",
    targets: "Labels",
    world_size: int,
) -> "BalancedBatches":
    """Build batches of several rows of each class.

    Raises:
        SettingsError: batches are to be cut by tokens.
    """
    from hydro.similarity.balanced_batches import BalancedBatches

    training = settings.training
    if training.batch_tokens is not None:
        msg = "training.batch_tokens: not with training.sampler: Balanced. Leave one of them out"
        raise SettingsError(msg)
    classes = targets.encode(frame)
    return BalancedBatches(
        len(classes),
        settings.environment.seed,
        training,
        world_size,
        classes=classes,
        rows_per_class=settings.of(BalancedSettings).rows_per_class,
    )

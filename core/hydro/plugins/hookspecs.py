"""The hooks: what a plugin can offer. Each takes nothing and returns records."""

from collections.abc import Iterable

import pluggy

from hydro.plugins.components import (
    Dataset,
    Exporter,
    Insight,
    Logger,
    Loss,
    Metric,
    Model,
    Optimizer,
    Sampler,
    Schedule,
    Tokenizer,
)
from hydro.plugins.problem import Problem

GROUP = "hydro.plugins"
"""The entry-point group in which plugins declare the module that holds their hooks."""

hookspec = pluggy.HookspecMarker("hydro")
hookimpl = pluggy.HookimplMarker("hydro")


@hookspec
def hydro_problems() -> Iterable[Problem]:  # type: ignore[empty-body]
    """Problem types, each with the settings it understands and the way it predicts."""


@hookspec
def hydro_tokenizers() -> Iterable[Tokenizer]:  # type: ignore[empty-body]
    """Ways to turn the input columns of a table into numbers."""


@hookspec
def hydro_datasets() -> Iterable[Dataset]:  # type: ignore[empty-body]
    """Ways to give the rows of a table as batches."""


@hookspec
def hydro_models() -> Iterable[Model]:  # type: ignore[empty-body]
    """Models."""


@hookspec
def hydro_losses() -> Iterable[Loss]:  # type: ignore[empty-body]
    """What training can make smaller."""


@hookspec
def hydro_metrics() -> Iterable[Metric]:  # type: ignore[empty-body]
    """What predictions can be scored by."""


@hookspec
def hydro_optimizers() -> Iterable[Optimizer]:  # type: ignore[empty-body]
    """Rules that turn gradients into updates."""


@hookspec
def hydro_schedules() -> Iterable[Schedule]:  # type: ignore[empty-body]
    """How the learning rate changes over the updates."""


@hookspec
def hydro_samplers() -> Iterable[Sampler]:  # type: ignore[empty-body]
    """Which rows make a batch."""


@hookspec
def hydro_loggers() -> Iterable[Logger]:  # type: ignore[empty-body]
    """Trackers that are told the figures of a run."""


@hookspec
def hydro_exporters() -> Iterable[Exporter]:  # type: ignore[empty-body]
    """Formats a trained model can be written in."""


@hookspec
def hydro_insights() -> Iterable[Insight]:  # type: ignore[empty-body]
    """Tables that explain predictions to people."""

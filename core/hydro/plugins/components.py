"""The records that plugins return for the components of a run, one class a kind."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hydro.plugins.charts import Chart
from hydro.plugins.protocols import (
    DatasetBuilder,
    ExporterBuilder,
    LossBuilder,
    MetricBuilder,
    ModelBuilder,
    OptimizerBuilder,
    SamplerBuilder,
    ScheduleBuilder,
    TokenizerBuilder,
    TrackerBuilder,
)
from hydro.settings.fields import Section

if TYPE_CHECKING:
    import pandas as pd

    from hydro.plugins.charts import Finding


@dataclass(frozen=True)
class Component:
    """Something that a run is assembled from, under the name that the YAML calls it by."""

    name: str
    """What the YAML calls it."""
    build: Callable[..., object]
    """Called once a run, settings first. The place to import torch."""
    problems: tuple[str, ...] = ()
    """The problem types it fits; empty means all."""
    settings: type[Section] | None = None
    """Its own settings; they are shown only while it is chosen."""
    kind: ClassVar[str] = "component"

    def fits(self, problem: str) -> bool:
        """Return whether the component can be used for this problem type."""
        return not self.problems or problem in self.problems


@dataclass(frozen=True)
class Tokenizer(Component):
    """Turns the input columns of a table into numbers."""

    build: TokenizerBuilder
    kind: ClassVar[str] = "tokenizer"


@dataclass(frozen=True)
class Dataset(Component):
    """The rows of a split as batches."""

    build: DatasetBuilder
    kind: ClassVar[str] = "dataset"


@dataclass(frozen=True)
class Model(Component):
    """A model."""

    build: ModelBuilder
    kind: ClassVar[str] = "model"


@dataclass(frozen=True)
class Loss(Component):
    """A loss function."""

    build: LossBuilder
    kind: ClassVar[str] = "loss"


@dataclass(frozen=True)
class Metric(Component):
    """A metric."""

    build: MetricBuilder
    higher_is_better: bool = True
    """In which direction it improves."""
    kind: ClassVar[str] = "metric"


@dataclass(frozen=True)
class Optimizer(Component):
    """An optimizer."""

    build: OptimizerBuilder
    kind: ClassVar[str] = "optimizer"


@dataclass(frozen=True)
class Schedule(Component):
    """A learning rate schedule."""

    build: ScheduleBuilder
    kind: ClassVar[str] = "schedule"


@dataclass(frozen=True)
class Sampler(Component):
    """A choice of the rows that make a batch.

    A problem whose settings select no sampler uses the only one there is, ``Shuffled``; with
    several, one of its settings has ``component="sampler"``.
    """

    build: SamplerBuilder
    kind: ClassVar[str] = "sampler"


@dataclass(frozen=True)
class Logger(Component):
    """An experiment tracker.

    Its ``start(parameters)`` is called with all settings by dotted name, ``log(values, step)`` with
    figures and the samples seen, and ``close(failed=…)``.
    """

    build: TrackerBuilder
    kind: ClassVar[str] = "logger"


@dataclass(frozen=True)
class Exporter(Component):
    """A format that a trained model can be written in."""

    build: ExporterBuilder
    modules: tuple[str, ...] = ()
    """What it imports beyond hydro's own dependencies."""
    extra: str = ""
    """What pip is to install for them."""
    at_end: bool = True
    """Whether ``build_scoring_pipelines`` builds it; else only ``hydro export`` does."""
    kind: ClassVar[str] = "exporter"


@dataclass(frozen=True)
class Insight(Component):
    """A table that explains the predictions of the validation rows.

    ``build(settings, *, predictions, frame, …)`` returns a ``pandas.DataFrame``, or a ``Finding``;
    ``frame`` has the rows in the order of the predictions.
    """

    build: "Callable[..., pd.DataFrame | Finding]"
    title: str = ""
    """What stands above it in the report."""
    caption: str = ""
    """One sentence on what to look at."""
    chart: Chart = field(default_factory=Chart)
    """How it is drawn: ``Histogram``, ``Scatter``, ``Bars``, ``Matrix``, ``Cards``, or a table."""
    inputs: tuple[str, ...] = ()
    """What else ``build`` is given: ``before`` (the untrained model's predictions of these rows),
    ``train`` (the training rows), ``targets``, ``tokenizer``."""
    kind: ClassVar[str] = "insight"


KINDS: tuple[type[Component], ...] = (
    Tokenizer,
    Dataset,
    Model,
    Loss,
    Metric,
    Optimizer,
    Schedule,
    Sampler,
    Logger,
    Exporter,
    Insight,
)

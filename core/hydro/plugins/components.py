"""The records that plugins return: a problem type, and the components it is made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from hydro.data.columns import Columns
from hydro.plugins.charts import Chart
from hydro.settings.fields import Section
from hydro.settings.sections import Settings


@dataclass(frozen=True)
class Inference:
    """What can be done with a trained model of a problem type."""

    load: Callable[..., Any]
    """``load(settings, *, folder, device)``: open what ``save`` wrote. What it gives is handed to
    the others as ``trained``."""
    predict: Callable[..., Any]
    """``predict(settings, *, trained, frame, gallery, metrics, precision, watch) ->
    Predictions`` of the rows of a table, labeled or not. ``gallery`` is another table to compare
    them with, None for the table itself."""
    build_index: Callable[..., Any] | None = None
    """``build_index(settings, *, trained, gallery, kind, precision, watch)``: make what finds the
    rows of a table that are most similar to a query; a ``retrieval.Index``. ``kind`` is exact, ivf
    or hnsw. Without it rows are not compared with each other, and there is no search."""
    open_index: Callable[..., Any] | None = None
    """``open_index(settings, *, trained, folder, precision)``: open what the index saved."""
    embed: Callable[..., Any] | None = None
    """``embed(settings, *, trained, frame, precision)``: the embeddings ``(rows, size)`` of a
    table's rows, in float32, and how many tokens each has, ``(rows,)``. With it a model can be
    served; all calls then come from one thread."""


@dataclass(frozen=True)
class Problem:
    """A problem type: its settings, and how its predictions are made."""

    name: str
    """What the YAML and ``--problem`` say."""
    title: str
    """One line for people."""
    settings: type[Settings]
    """The schema; sections shared by all problems are inherited."""
    columns: Callable[[Any], Columns]
    """``columns(settings)``: what to read from the tables."""
    predict: Callable[..., Any]
    """``predict(settings, *, model, dataset, metrics, precision, watch) -> Predictions``.

    ``metrics`` are the built metrics by name; ``precision.inference()`` is the context to compute
    in; ``watch(rows)`` is told how many more rows are done.
    """
    save: Callable[..., None]
    """``save(settings, *, model, tokenizer, labels, train, scores, folder)``: write the trained
    model as a folder that appears under its name once it is whole. ``train`` are the rows that it
    was trained on; with ``decide``, ``scores`` hold the ``decision`` under ``validation``."""
    prepare: Callable[..., None] | None = None
    """``prepare(settings, *, model, loss, dataset, precision)``, once, before the first update."""
    warnings: Callable[..., Sequence[str]] | None = None
    """``notes(settings, *, classes)``: what a user should know before training, a sentence
    each. It may read the backbone's config, and nothing big."""
    calibrate: Callable[..., Mapping[str, Any]] | None = None
    """``decide(settings, *, predictions, precision)``: choose by the held-out rows what later
    decisions rest on, such as a threshold. It is stored in ``scores.json``; ``said`` is a sentence
    for people."""
    inference: Inference | None = None
    """What a trained model is good for; without it, it cannot be used from the command line."""
    classes: bool = True
    """Whether targets are classes, so that classes unseen in training are scored apart."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Defaults of shared settings by dotted name: ``{"training.loss_function": "ArcFace"}``."""


@dataclass(frozen=True)
class Component:
    """Something that a run is assembled from, under the name that the YAML calls it by."""

    name: str
    """What the YAML calls it."""
    build: Callable[..., Any]
    """Called once a run, settings first. The place to import torch."""
    problems: tuple[str, ...] = ()
    """The problem types it fits; empty means all."""
    settings: type[Section] | None = None
    """Its own settings; they are shown only while it is chosen."""
    kind: ClassVar[str] = "component"

    def fits(self, problem: str) -> bool:
        """Return whether the component can be used for this problem type."""
        return not self.problems or problem in self.problems


class Tokenizer(Component):
    """``build(settings)`` gives what turns the input columns of a table into numbers."""

    kind = "tokenizer"


class Dataset(Component):
    """``build(settings, *, frame, tokenizer, labels, training)`` gives a ``training.Dataset``."""

    kind = "dataset"


class Model(Component):
    """``build(settings, *, tokenizer)`` gives a ``torch.nn.Module`` with ``embedding_size``."""

    kind = "model"


class Loss(Component):
    """``build(settings, *, model, labels)`` gives a module: (outputs, targets) -> scalar."""

    kind = "loss"


@dataclass(frozen=True)
class Metric(Component):
    """``build(settings)`` gives what the problem's ``predict`` scores each row with."""

    higher_is_better: bool = True
    """In which direction it improves."""
    kind: ClassVar[str] = "metric"


class Optimizer(Component):
    """``build(settings, *, groups)`` gives a ``torch.optim.Optimizer`` over parameter groups."""

    kind = "optimizer"


class Schedule(Component):
    """``build(settings, *, steps, warmup)`` gives the factor on the rate by updates done."""

    kind = "schedule"


class Logger(Component):
    """``build(settings, *, name, folder)`` gives a ``Tracker``.

    A thread then calls its ``start(parameters)`` with all settings by dotted name,
    ``log(values, step)`` with figures and the samples seen, and ``close(failed=…)``. What is to
    stop the run is raised by ``build``; a server is called in ``start``.
    """

    kind = "logger"


@dataclass(frozen=True)
class Exporter(Component):
    """``build(settings, *, model, sample, folder)`` writes a finished model in another format.

    ``model`` is the folder that the problem's ``save`` left; ``sample`` some held-out rows to try
    the result on; ``folder`` is there, empty, and moved to its place once it is whole.
    """

    modules: tuple[str, ...] = ()
    """What it imports beyond hydro's own dependencies."""
    extra: str = ""
    """What pip is to install for them."""
    at_end: bool = True
    """Whether ``build_scoring_pipelines`` builds it; else only ``hydro export`` does."""
    kind: ClassVar[str] = "exporter"


@dataclass(frozen=True)
class Insight(Component):
    """``build(settings, *, predictions, frame, …)`` gives a table, or a ``Finding``.

    It explains the predictions of the validation rows, which are in ``frame`` in the same order.
    """

    title: str = ""
    """What stands above it in the report."""
    caption: str = ""
    """One sentence on what to look at."""
    chart: Chart = field(default_factory=Chart)
    """How it is drawn: ``Histogram``, ``Scatter``, ``Bars``, ``Matrix``, ``Cards``, or a table."""
    inputs: tuple[str, ...] = ()
    """What else ``build`` is given: ``before`` (the untrained model's predictions of these rows),
    ``train`` (the training rows), ``labels``, ``tokenizer``."""
    kind: ClassVar[str] = "insight"


KINDS: tuple[type[Component], ...] = (
    Tokenizer,
    Dataset,
    Model,
    Loss,
    Metric,
    Optimizer,
    Schedule,
    Logger,
    Exporter,
    Insight,
)

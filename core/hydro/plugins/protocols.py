"""The signatures of the builders that components bring; mypy checks a plugin's against them.

A protocol is generic in the settings of the problem type and in what other builders return; left
out, these may be of any type.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from typing_extensions import TypeVar

if TYPE_CHECKING:
    import pandas as pd
    import torch
    from torch import nn

    from hydro.plugins.metrics import RowMetric
    from hydro.trackers.tracker import Tracker
    from hydro.training.dataset import Dataset
    from hydro.training.precision import Precision
    from hydro.training.samplers import BatchSampler

S = TypeVar("S", contravariant=True, default=Any)
"""The settings of the problem type."""
Tokenizer = TypeVar("Tokenizer", contravariant=True, default=Any)
Targets = TypeVar("Targets", contravariant=True, default=Any)
Model = TypeVar("Model", contravariant=True, default=Any)
"""What the builders of these parts returned."""

LrLambda = Callable[[int], float]
"""The factor on the learning rate, by the number of updates done."""


class TokenizerBuilder(Protocol[S]):
    """Builds what turns the input columns of a table into numbers."""

    def __call__(self, settings: S, /) -> object:
        """Build it."""


class DatasetBuilder(Protocol[S, Tokenizer, Targets]):
    """Builds the dataset of the rows of one split; ``training`` for those that it is trained on."""

    def __call__(
        self,
        settings: S,
        /,
        *,
        frame: "pd.DataFrame",
        tokenizer: Tokenizer,
        targets: Targets,
        training: bool,
    ) -> "Dataset":
        """Build it."""


class ModelBuilder(Protocol[S, Tokenizer, Targets]):
    """Builds the model, on the CPU."""

    def __call__(self, settings: S, /, *, tokenizer: Tokenizer, targets: Targets) -> "nn.Module":
        """Build it."""


class LossBuilder(Protocol[S, Model, Targets]):
    """Builds the loss: a module ``(outputs of the model, targets of a batch) -> scalar``.

    It may also be an ``InitializedFromData``. One whose value is no mean over single rows, since
    it compares rows, has an attribute ``compares_rows = True``: then it is called with the rows of
    all processes at once.
    """

    def __call__(self, settings: S, /, *, model: Model, targets: Targets) -> "nn.Module":
        """Build it."""


@runtime_checkable
class InitializedFromData(Protocol[Model]):
    """A loss whose weights start from the training rows."""

    def init_from_data(self, *, model: Model, dataset: "Dataset", precision: "Precision") -> None:
        """Initialize, once, before the first update; ``dataset`` has the rows as predicted."""


class MetricBuilder(Protocol[S]):
    """Builds a metric from what the problem's ``predict`` hands to it."""

    def __call__(self, settings: S, /) -> "RowMetric":
        """Build it."""


class OptimizerBuilder(Protocol[S]):
    """Builds the optimizer over parameter groups, which have their learning rates."""

    def __call__(
        self, settings: S, /, *, groups: list[dict[str, object]]
    ) -> "torch.optim.Optimizer":
        """Build it."""


class ScheduleBuilder(Protocol[S]):
    """Builds the schedule of a run of ``steps`` updates, ``warmup`` of which warm up."""

    def __call__(self, settings: S, /, *, steps: int, warmup: int) -> LrLambda:
        """Build it."""


class SamplerBuilder(Protocol[S, Targets]):
    """Builds the sampler over the training rows, those of ``dataset`` and of ``frame``.

    Each of ``world_size`` processes takes a shard of every batch. ``targets.encode(frame)`` are
    the targets of the rows.
    """

    def __call__(
        self,
        settings: S,
        /,
        *,
        dataset: "Dataset",
        frame: "pd.DataFrame",
        targets: Targets,
        world_size: int,
    ) -> "BatchSampler":
        """Build it."""


class TrackerBuilder(Protocol[S]):
    """Builds the tracker of a run of this name, which may keep files in ``folder``.

    What is to stop the run is raised here; a server is called in ``Tracker.start``.
    """

    def __call__(self, settings: S, /, *, name: str, folder: Path) -> "Tracker":
        """Build it."""


class ExporterBuilder(Protocol[S]):
    """Writes a finished model in another format.

    ``model`` is the folder that the problem's ``save`` left, ``sample`` some held-out rows to try
    the result on, ``folder`` an empty folder, moved to its place afterward.
    """

    def __call__(
        self, settings: S, /, *, model: Path, sample: "pd.DataFrame", folder: Path
    ) -> None:
        """Build it."""

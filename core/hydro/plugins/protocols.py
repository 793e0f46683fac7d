"""The signatures of the builders that components bring; mypy checks a plugin's against them.

``settings`` is the composed settings of the run, of the problem type's own class. What a builder
is given of other components has their own types, so it is not checked here.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import pandas as pd
    import torch
    from torch import nn

    from hydro.plugins.metrics import RowMetric
    from hydro.trackers.tracker import Tracker
    from hydro.training.dataset import Dataset
    from hydro.training.precision import Precision

LrLambda = Callable[[int], float]
"""The factor on the learning rate, by the number of updates done."""


class TokenizerBuilder(Protocol):
    """Builds what turns the input columns of a table into numbers."""

    def __call__(self, settings: Any, /) -> object:
        """Build it."""


class DatasetBuilder(Protocol):
    """Builds the dataset of the rows of one split; ``training`` for those that it is trained on."""

    def __call__(
        self,
        settings: Any,
        /,
        *,
        frame: "pd.DataFrame",
        tokenizer: Any,
        targets: Any,
        training: bool,
    ) -> "Dataset":
        """Build it."""


class ModelBuilder(Protocol):
    """Builds the model, on the CPU."""

    def __call__(self, settings: Any, /, *, tokenizer: Any, targets: Any) -> "nn.Module":
        """Build it."""


class LossBuilder(Protocol):
    """Builds the loss: a module ``(outputs of the model, targets of a batch) -> scalar``.

    It may also be an ``InitializedFromData``.
    """

    def __call__(self, settings: Any, /, *, model: Any, targets: Any) -> "nn.Module":
        """Build it."""


@runtime_checkable
class InitializedFromData(Protocol):
    """A loss whose weights start from the training rows."""

    def init_from_data(self, *, model: Any, dataset: Any, precision: "Precision") -> None:
        """Initialize, once, before the first update; ``dataset`` has the rows as predicted."""


class MetricBuilder(Protocol):
    """Builds a metric from what the problem's ``predict`` hands to it."""

    def __call__(self, settings: Any, /) -> "RowMetric":
        """Build it."""


class OptimizerBuilder(Protocol):
    """Builds the optimizer over parameter groups, which have their learning rates."""

    def __call__(
        self, settings: Any, /, *, groups: list[dict[str, Any]]
    ) -> "torch.optim.Optimizer":
        """Build it."""


class ScheduleBuilder(Protocol):
    """Builds the schedule of a run of ``steps`` updates, ``warmup`` of which warm up."""

    def __call__(self, settings: Any, /, *, steps: int, warmup: int) -> LrLambda:
        """Build it."""


class TrackerBuilder(Protocol):
    """Builds the tracker of a run of this name, which may keep files in ``folder``.

    What is to stop the run is raised here; a server is called in ``Tracker.start``.
    """

    def __call__(self, settings: Any, /, *, name: str, folder: Path) -> "Tracker":
        """Build it."""


class ExporterBuilder(Protocol):
    """Writes a finished model in another format.

    ``model`` is the folder that the problem's ``save`` left, ``sample`` some held-out rows to try
    the result on, ``folder`` an empty folder, moved to its place afterward.
    """

    def __call__(
        self, settings: Any, /, *, model: Path, sample: "pd.DataFrame", folder: Path
    ) -> None:
        """Build it."""

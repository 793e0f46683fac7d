"""A problem type: what it reads, how it predicts, what it saves."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from typing_extensions import TypeVar

from hydro.data.columns import Columns
from hydro.plugins.inference import Inference
from hydro.settings.sections import Settings

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from hydro.data.frames import Frames
    from hydro.data.targets import Targets
    from hydro.plugins.metrics import Metrics
    from hydro.plugins.predictions import Predictions
    from hydro.training.precision import Precision

S = TypeVar("S", bound=Settings, default=Any)
T = TypeVar("T", bound="Targets", default=Any)

Calibration = Mapping[str, object]
"""What the held-out rows were found to allow, such as a threshold, ready for JSON. ``summary`` is
a sentence for people."""


@dataclass(frozen=True)
class TrainedArtifacts:
    """What a run has once it is trained, for ``Problem.save``."""

    model: Any
    tokenizer: Any
    targets: Any
    train: "pd.DataFrame"
    """The rows that it was trained on."""
    scores: Mapping[str, Any]
    """Of every split; a calibration stands at ``scores["validation"]["decision"]``."""


class Problem(ABC, Generic[S, T]):
    """A problem type. Methods that are not abstract have defaults that suit most problems."""

    name: ClassVar[str]
    """What the YAML and ``--problem`` call it."""
    title: ClassVar[str]
    """One line for people."""
    settings: type[S]
    """The schema; sections shared by all problems are inherited."""
    defaults: ClassVar[Mapping[str, object]] = {}
    """Defaults of shared settings by dotted name: ``{"training.loss_function": "ArcFace"}``."""
    undefined_rows: ClassVar[str] = "no metric without a target"
    """Why the metric may not be defined on a row, for people."""
    inference: Inference[S] | None = None
    """What a trained model can be used for; a ``Retrieval`` where rows are compared."""

    def infer_settings(
        self, settings: S, *, given: Set[str]
    ) -> tuple[Mapping[str, object], Sequence[str]]:
        """Return values for settings that were not given, and sentences that say where from.

        Args:
            settings: with the defaults of what was not given.
            given: dotted names of the settings that were given.

        Returns:
            Values by dotted name, such as the pooling of a backbone that was trained with one.
        """
        return {}, ()

    @abstractmethod
    def columns(self, settings: S) -> Columns:
        """Return the columns that are read from the tables."""

    def targets(self, settings: S, frame: "pd.DataFrame") -> T:
        """Return what is predicted, from the training rows. Default: the classes of a table."""
        from hydro.data.labels import Labels

        return Labels.of(frame, self.columns(settings).targets)  # type: ignore[return-value]

    def describe_data(self, settings: S, *, frames: "Frames", targets: T) -> Mapping[str, int]:
        """Return counts that ``hydro validate`` prints beside those of the rows."""
        return targets.counts()

    def check_data(self, settings: S, *, frames: "Frames", targets: T) -> Sequence[str]:
        """Return what a user should know of the rows before training, a sentence each.

        Default: whether training rows have the inputs of held-out ones.

        Raises:
            DataError: nothing can be learned from the rows.
        """
        from hydro.data.quality_checks import check_leakage, hash_inputs

        inputs = self.columns(settings).inputs
        return check_leakage(
            hash_inputs(frames.train, inputs), hash_inputs(frames.validation, inputs)
        )

    def baseline(self, settings: S, *, model: Any) -> Any:
        """Return what the trained model is compared with; None for the model as it is assembled.

        That is a weak baseline where parts of it start with random weights: a problem that can do
        without them returns the model without them.

        Args:
            settings: of the run.
            model: what the model's builder returned, on the device, before training.
        """
        return None

    def subsets(
        self, settings: S, *, frame: "pd.DataFrame", targets: T
    ) -> "Mapping[str, NDArray[np.bool_]]":
        """Return the rows of a split, ``(rows,)``, that are also scored apart, by name."""
        return {}

    @abstractmethod
    def predict(
        self,
        settings: S,
        *,
        model: Any,
        dataset: Any,
        targets: T,
        metrics: "Metrics",
        precision: "Precision",
        on_progress: Callable[[int], object],
    ) -> "Predictions":
        """Predict the rows of a split.

        Args:
            settings: of the run.
            model: what the model's builder returned, on the device.
            dataset: what the dataset's builder returned for the rows.
            targets: what ``targets`` returned.
            metrics: by name; their contributions belong into the predictions.
            precision: ``precision.inference()`` is the context to compute in.
            on_progress: called with the number of rows done since the last call.
        """

    def calibrate(
        self, settings: S, *, predictions: Any, precision: "Precision"
    ) -> Calibration | None:
        """Choose by held-out rows what decisions rest on, such as a threshold."""
        return None

    def score_calibration(
        self, settings: S, *, calibration: Calibration, predictions: Any, precision: "Precision"
    ) -> Calibration | None:
        """Score what ``calibrate`` chose on the test rows, which did not choose it."""
        return None

    @abstractmethod
    def save(self, settings: S, *, trained: TrainedArtifacts, folder: Path) -> None:
        """Write the trained model as a new folder, which replaces an older one once complete."""

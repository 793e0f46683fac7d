"""What a trained model of a problem type can be used for."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic

from typing_extensions import TypeVar

from hydro.settings.sections import Settings

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import torch
    from numpy.typing import NDArray

    from hydro.plugins.metrics import Metrics
    from hydro.plugins.predictions import Predictions
    from hydro.plugins.retrieval import Index, Kind
    from hydro.training.precision import Precision

S = TypeVar("S", bound=Settings, default=Any)
Trained = TypeVar("Trained", default=Any)
"""What ``load`` returns; it is handed to all others."""


class Inference(ABC, Generic[S, Trained]):
    """Opens a model that ``Problem.save`` wrote, and predicts the rows of a table."""

    @abstractmethod
    def load(self, settings: S, *, folder: Path, device: "torch.device") -> Trained:
        """Load the model of a folder.

        Raises:
            ModelError: a file is missing or damaged.
        """

    @abstractmethod
    def predict(
        self,
        settings: S,
        *,
        trained: Trained,
        frame: "pd.DataFrame",
        metrics: "Metrics",
        precision: "Precision",
        on_progress: Callable[[int], object],
    ) -> "Predictions":
        """Predict the rows of a table, which may have targets or not.

        ``on_progress`` is called with the number of rows done since the last call.
        """


class Retrieval(Inference[S, Trained]):
    """Inference that also finds the rows of a table, the gallery, that are similar to others.

    With it a problem type has ``hydro search``, ``hydro serve`` and ``--gallery``. When a model is
    served, all calls come from one thread.
    """

    @abstractmethod
    def retrieve(
        self,
        settings: S,
        *,
        trained: Trained,
        frame: "pd.DataFrame",
        gallery: "pd.DataFrame",
        metrics: "Metrics",
        precision: "Precision",
        on_progress: Callable[[int], object],
    ) -> "Predictions":
        """Predict the rows of a table by the rows of the gallery that are similar to them."""

    @abstractmethod
    def embed(
        self, settings: S, *, trained: Trained, frame: "pd.DataFrame", precision: "Precision"
    ) -> "tuple[NDArray[np.float32], NDArray[np.int64]]":
        """Embed the rows of a table: ``(rows, size)``, and the tokens of each, ``(rows,)``."""

    @abstractmethod
    def build_index(
        self,
        settings: S,
        *,
        trained: Trained,
        gallery: "pd.DataFrame",
        kind: "Kind",
        precision: "Precision",
        on_progress: Callable[[int], object],
    ) -> "Index":
        """Build an index of the rows of a gallery."""

    @abstractmethod
    def open_index(
        self, settings: S, *, trained: Trained, folder: Path, precision: "Precision"
    ) -> "Index":
        """Open an index that its ``save`` wrote.

        Raises:
            ResourceError: a file is missing or damaged.
        """

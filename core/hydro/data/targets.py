"""What a problem predicts: the targets of a table, as numbers."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class Targets(ABC):
    """The targets of a run, learned from its training rows, to encode any rows by.

    The model, the datasets, the loss and the predictions are built with them.
    """

    columns: tuple[str, ...]
    """Of the table."""

    @abstractmethod
    def encode(self, frame: pd.DataFrame) -> NDArray[np.generic]:
        """Encode the targets of rows: ``(rows,)`` or ``(rows, k)``.

        A row, or a table, may lack a target; how that is encoded is the targets' own.
        """

    def counts(self) -> Mapping[str, int]:
        """Return counts of what there is to predict, by a name for people."""
        return {}

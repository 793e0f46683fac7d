"""What a user should know of labeled rows before a model compares them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.data.labels import Labels


def check_pairs(frame: pd.DataFrame, targets: Labels, name: str) -> list[str]:
    """Return a warning if no two training rows of the table ``name`` are of one class."""
    if len(targets) != len(frame):
        return []
    return [f"{name}: every class has a single training row, so there are no pairs"]


def seen_and_unseen(frame: pd.DataFrame, targets: Labels) -> Mapping[str, NDArray[np.bool_]]:
    """Return the rows ``(rows,)`` of classes that training has, and the others."""
    unseen = targets.encode(frame) >= len(targets)
    return {"seen_classes": ~unseen, "unseen_classes": unseen}

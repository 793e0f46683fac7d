"""Targets that are numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.data.targets import Targets
from hydro.errors import DataError


@dataclass(frozen=True)
class Numbers(Targets):
    """Numbers of one or several columns, with their mean and spread in the training rows."""

    columns: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    """The standard deviation of each column; 1 where all its numbers are the same."""

    @classmethod
    def of(cls, frame: pd.DataFrame, columns: Sequence[str]) -> "Numbers":
        """Compute the mean and the standard deviation of each column.

        Raises:
            DataError: a value is not a number, or a column has none.
        """
        names = tuple(dict.fromkeys(columns))
        values = {name: _parse(frame, name) for name in names}
        for name, each in values.items():
            if not np.isfinite(each).any():
                msg = f"no training row has a number in column {name!r}"
                raise DataError(msg)
        means = tuple(float(np.nanmean(each)) for each in values.values())
        scales = tuple(float(np.nanstd(each)) or 1.0 for each in values.values())
        return cls(names, means, scales)

    def encode(self, frame: pd.DataFrame) -> NDArray[np.float32]:
        """Return the numbers of each row, ``(rows,)`` or ``(rows, columns)``; NaN for missing ones.

        Raises:
            DataError: a value is not a number; the message names its row and column.
        """
        values = np.stack([_parse(frame, name) for name in self.columns], axis=1)
        found = values.astype(np.float32)
        return found[:, 0] if len(self.columns) == 1 else found


def _parse(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Parse the numbers of a column; NaN where one is missing, all over if there is no column."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    values = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~np.isfinite(values) & frame[name].notna().to_numpy(dtype=np.bool_)
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        msg = (
            f"row {frame.index[first]}, column {name!r}: {str(frame[name].iloc[first])!r} is not a "
            "finite number. Fix it, or leave it empty"
        )
        raise DataError(msg)
    return values

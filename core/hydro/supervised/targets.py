"""Targets that are numbers, or several labels a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.data.targets import Targets
from hydro.data.text_input.encoding import BLANKS
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


@dataclass(frozen=True)
class Multilabels(Targets):
    """Several labels a row: a cell that lists them, or a column of 0 and 1 for each.

    A label that no training row has is left out wherever it stands.
    """

    columns: tuple[str, ...]
    labels: tuple[str, ...]
    separator: str | None
    """Between the labels of a cell; None where each label has a column of its own."""

    @classmethod
    def of(
        cls, frame: pd.DataFrame, columns: Sequence[str], *, separator: str | None = None
    ) -> "Multilabels":
        """Collect the labels that at least one training row has.

        Args:
            frame: the training rows.
            columns: one column with ``separator``; without it, a column of 0 and 1 for each label.
            separator: what stands between the labels of a cell.

        Raises:
            DataError: a value of a label's column is neither 0 nor 1, or no row has any label.
        """
        names = tuple(dict.fromkeys(columns))
        if separator is None:
            labels = tuple(name for name in names if (_parse_binary(frame, name) == 1).any())
        else:
            cells = frame[names[0]].dropna()
            labels = tuple(sorted({label for cell in cells for label in _split(cell, separator)}))
        if not labels:
            msg = f"no training row has a label in {', '.join(map(repr, names))}"
            raise DataError(msg)
        return cls(names, labels, separator)

    def __len__(self) -> int:
        """Count the labels."""
        return len(self.labels)

    def counts(self) -> Mapping[str, int]:
        """Return how many labels there are."""
        return {"training_labels": len(self)}

    def encode(self, frame: pd.DataFrame) -> NDArray[np.float32]:
        """Return 1 for each label of a row, else 0: ``(rows, labels)``; NaN where one is missing.

        Raises:
            DataError: a value of a label's column is neither 0 nor 1.
        """
        if self.separator is None:
            found = [_parse_binary(frame, name) for name in self.labels]
            return np.stack(found, axis=1).astype(np.float32)
        encoded = np.full((len(frame), len(self)), np.nan, np.float32)
        if self.columns[0] not in frame:
            return encoded
        place = {label: number for number, label in enumerate(self.labels)}
        codes, cells = pd.factorize(frame[self.columns[0]])
        rows = np.zeros((len(cells) + 1, len(self)), np.float32)
        for row, cell in zip(rows, cells, strict=False):
            row[[place[label] for label in _split(cell, self.separator) if label in place]] = 1
        rows[-1] = np.nan  # of -1, by which a missing cell is numbered
        return rows[codes]


def _split(cell: str, separator: str) -> list[str]:
    """Return the labels of a cell, without blanks around them."""
    parts = (part.strip(BLANKS) for part in cell.split(separator))
    return [part for part in parts if part]


def _parse_binary(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Parse a column of 0 and 1."""
    values = _parse(frame, name)
    wrong = ~np.isin(values, (0, 1)) & np.isfinite(values)
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        msg = (
            f"row {frame.index[first]}, column {name!r}: {frame[name].iloc[first]!r} is neither 0 "
            "nor 1. A column for each label has only these; a column that lists labels needs the "
            "separator between them"
        )
        raise DataError(msg)
    return values


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

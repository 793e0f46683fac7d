"""Columns of text as one sequence of texts, which are joined only when they are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np


@dataclass(frozen=True)
class ConcatenatedColumns(Sequence[str]):
    """The text of every row; a slice is a list, so that a few are in memory at a time."""

    columns: Sequence[Any]
    """Of one length; each can be sliced, as a list or a pandas array can."""
    separator: str
    """Stands between the columns."""

    def __len__(self) -> int:
        return len(self.columns[0])

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if not isinstance(place, slice):
            return self.separator.join(column[place] for column in self.columns)
        parts = [np.asarray(column[place], dtype=object).tolist() for column in self.columns]
        if len(parts) == 1:
            return list(parts[0])
        return [self.separator.join(row) for row in zip(*parts, strict=True)]

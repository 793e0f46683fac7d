"""Number the classes that training knows, and those it does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.data.memory_map import blocks, empty_memmap
from hydro.data.targets import Targets


@dataclass(frozen=True)
class Labels(Targets):
    """The classes of a training table. A class is a combination of values of the columns."""

    columns: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    """The classes, sorted: a value for each target. Their place is their number."""

    @classmethod
    def of(cls, frame: pd.DataFrame, columns: Sequence[str]) -> "Labels":
        """Collect the classes of the rows that have a value in all columns."""
        names = list(dict.fromkeys(columns))
        found = {each for block in blocks(frame[names]) for each in _combinations(block.dropna())}
        return cls(tuple(names), tuple(sorted(found)))

    def __len__(self) -> int:
        """Count the classes."""
        return len(self.names)

    def counts(self) -> Mapping[str, int]:
        """Return how many classes there are."""
        return {"training_classes": len(self)}

    def encode(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """Number the class of each row.

        Returns:
            Shape ``(rows,)``: 0 to C-1 for the classes of training; C and above for others, in
            sorted order of those in this table; -1 where a target is missing, or all over if the
            table lacks a column.
        """
        codes = empty_memmap(len(frame), np.int64)
        codes.fill(-1)
        if not set(self.columns) <= set(frame.columns):
            return codes
        number = {name: code for code, name in enumerate(self.names)}
        unseen = Labels.of(frame, self.columns).names if len(frame) else ()
        others = sorted(set(unseen) - number.keys())
        number.update((name, code) for code, name in enumerate(others, start=len(number)))
        start = 0
        for block in blocks(frame[list(self.columns)]):
            codes[start : start + len(block)] = _numbers(block, number)
            start += len(block)
        return codes


def _numbers(rows: pd.DataFrame, number: Mapping[tuple[str, ...], int]) -> NDArray[np.int64]:
    """Look up the combination of values of each row; -1 where one is missing."""
    codes = np.full(len(rows), -1, dtype=np.int64)
    labeled = rows.notna().all(axis=1).to_numpy(dtype=np.bool_)
    left = rows[labeled]
    numbers = np.array([number[name] for name in _combinations(left)], dtype=np.int64)
    codes[labeled] = numbers[left.groupby(list(left), sort=False).ngroup()]
    return codes


def _combinations(rows: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return each combination of values once, in order of appearance."""
    return list(rows.drop_duplicates().itertuples(index=False, name=None))

"""Number the classes that training knows, and those it does not."""

import itertools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.data.memory_map import blocks, empty_memmap
from hydro.data.targets import Targets
from hydro.data.text_input.encoding import BLANKS

_MAX_NAMES = 5


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


def normalize_label(label: str) -> str:
    """Return the spelling that a label shares with those that differ only in how they are spelled.

    That is in blanks around it or how many are in it, capitals, the composition of letters, and a
    ``.0`` after a whole number.
    """
    text = " ".join(unicodedata.normalize("NFC", label).strip(BLANKS).split()).lower()
    return re.sub(r"^([+-]?\d+)\.0+$", r"\1", text) if ".0" in text else text


def normalize_targets(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return a table with normalized labels; a blank one is missing."""
    normalized = {}
    for name in {*columns} & {*frame.columns}:
        codes, found = pd.factorize(frame[name])
        labels = pd.array([normalize_label(each) or None for each in found], dtype="str")
        normalized[name] = labels.take(codes, allow_fill=True)
    return frame.assign(**normalized)


def check_spelling(where: str, *tables: Labels) -> list[str]:
    """Return a warning of classes that differ only in how they are spelled, and of blank ones.

    Args:
        where: the table, for messages.
        tables: the classes of each split.
    """
    names = sorted({name for table in tables for name in table.names})
    # Of a million classes only those with a namesake are kept as text.
    hashes = np.fromiter(map(hash, map(_normalize, names)), np.int64, len(names))
    found, counts = np.unique(hashes, return_counts=True)
    suspects = np.isin(hashes, found[(counts > 1) | (found == hash(()))])
    spellings: dict[tuple[str, ...], list[str]] = {}
    for name in itertools.compress(names, suspects):
        spellings.setdefault(_normalize(name), []).append(" and ".join(map(repr, name)))
    warnings = [
        f"{where}: the label {shown} is blank. A row without a label needs an empty field"
        for shown in spellings.pop((), [])[:1]
    ]
    several = [shown for shown in spellings.values() if len(shown) > 1]
    if several:
        listed = "; ".join(", ".join(shown) for shown in several[:_MAX_NAMES])
        more = f"; and {len(several) - _MAX_NAMES:,} more" if len(several) > _MAX_NAMES else ""
        warnings.append(
            f"{where}: classes that differ only in blanks, capitals, composed letters or .0 are "
            f"different ones: {listed}{more}. dataset.normalize_labels: true takes them for the "
            "same"
        )
    return warnings


def _normalize(name: tuple[str, ...]) -> tuple[str, ...]:
    """Return the normalized labels of a class, none if one is blank."""
    labels = tuple(map(normalize_label, name))
    return labels if all(labels) else ()


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

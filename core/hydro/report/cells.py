"""Tables as templates show them: the first rows, truncated to the size of a page."""

import math
from dataclasses import dataclass

import pandas as pd

from hydro.plugins.charts import Bars, Cards, Matrix
from hydro.report.numbers import SHOWN, number, truncate

OPEN = 20
"""Rows that are shown; further ones are folded."""
ROWS = 200
"""Rows of a table with bars at most."""
PLAIN = 50
"""Rows of a table without bars."""
CHARACTERS = 60_000
"""Characters of a table; where there are many cells, each is truncated earlier."""
COMBINATIONS = 25
"""Cells of a matrix that are filled."""
CARDS = 60
"""Cards, all sections together."""
BELOW = 5
"""Texts below the one of a card."""


@dataclass(frozen=True)
class Cell:
    """A cell: its text, whether that is a number, and the share of it that a bar fills."""

    text: str
    numeric: bool = False
    share: float | None = None


@dataclass(frozen=True)
class Grid:
    """The rows of a table as a page shows them."""

    heads: tuple[str, ...]
    rows: list[list[Cell]]
    left_out: int
    """Rows that only the file has."""
    square: bool = False
    """Whether cells are shaded instead of having bars."""


def plain(table: pd.DataFrame) -> Grid:
    """Show a table as it is."""
    return _grid(table, (), PLAIN)


def bars(chart: Bars, table: pd.DataFrame) -> Grid:
    """Show a table whose columns of values, from 0 to 1, have bars."""
    others = [name for name in table.columns if name not in (chart.name, *chart.values)]
    return _grid(table[[chart.name, *others, *chart.values]], chart.values, ROWS)


def matrix(chart: Matrix, table: pd.DataFrame) -> Grid:
    """Arrange the first combinations of names as a matrix."""
    entries = table.head(COMBINATIONS)
    filled = {
        (row, column): number(value)
        for row, column, value in zip(
            entries[chart.row],
            entries[chart.column],
            entries[chart.value],
            strict=True,
        )
    }
    across = list(dict.fromkeys(entries[chart.column]))
    rows = []
    for name in dict.fromkeys(entries[chart.row]):
        values = [filled.get((name, column), math.nan) for column in across]
        rows.append([Cell(truncate(name, 40)), *(_shaded(value) for value in values)])
    return Grid(
        ("", *(truncate(each, 40) for each in across)),
        rows,
        len(table) - len(entries),
        square=True,
    )


@dataclass(frozen=True)
class Card:
    """A text with others below it."""

    text: str
    tag: str
    facts: list[tuple[str, str]]
    others: list[tuple[str, str, str, bool]]
    """Text, tag, number and whether it matches."""


def cards(chart: Cards, table: pd.DataFrame) -> dict[str, list[Card]]:
    """Arrange a table as cards, by section."""
    named = (chart.section, chart.key, chart.text, chart.tag)
    below = (chart.other, chart.other_tag, chart.value, chart.match, "place")
    facts = [name for name in table.columns if name not in (*named, *below)]
    found: dict[str, list[Card]] = {}
    groups = list(table.groupby([chart.section, chart.key], sort=False))
    for (section, _), rows in groups[:CARDS]:
        first = rows.iloc[0]
        others = [
            (truncate(row[chart.other]), row[chart.other_tag], row[chart.value], row[chart.match])
            for _, row in rows.head(BELOW).iterrows()
        ]
        card = Card(
            truncate(first[chart.text]),
            truncate(first[chart.tag], 60),
            [(name.replace("_", " "), truncate(first[name], 40)) for name in facts],
            [
                (text, truncate(tag, 60), value, match == "True")
                for text, tag, value, match in others
            ],
        )
        found.setdefault(str(section), []).append(card)
    return found


def _grid(table: pd.DataFrame, drawn: tuple[str, ...], limit: int) -> Grid:
    shown = table.head(limit)
    longest = min(SHOWN, CHARACTERS // max(1, shown.size))
    columns = [_column(shown[name], name in drawn, longest) for name in shown.columns]
    heads = tuple(truncate(str(name).replace("_", " "), 60) for name in shown.columns)
    rows = [list(row) for row in zip(*columns, strict=True)]
    return Grid(heads, rows, len(table) - len(shown))


def _column(values: "pd.Series[str]", drawn: bool, longest: int) -> list[Cell]:
    """Show a column of texts, of whole numbers, of fractions or of bars."""
    numbers = values.map(number)
    if drawn:
        return [_bar(each) for each in numbers]
    if numbers.isna().any():
        return [Cell(truncate(each, longest)) for each in values]
    if values.str.contains(".", regex=False).any():
        return [Cell(f"{each:.4f}", numeric=True) for each in numbers]
    return [Cell(each, numeric=True) for each in values]


def _bar(value: float) -> Cell:
    if math.isnan(value):
        return Cell("", numeric=True)
    return Cell(f"{value:.3f}", numeric=True, share=min(1.0, max(0.0, value)))


def _shaded(value: float) -> Cell:
    if math.isnan(value):
        return Cell("", numeric=True)
    return Cell(f"{value:.2f}".removeprefix("0"), numeric=True, share=min(1.0, max(0.0, value)))

"""What templates need of a table: its first rows, cut to a size that a page can hold."""

import math
from dataclasses import dataclass

import pandas as pd

from hydro.charts import Bars, Cards, Matrix
from hydro.report.numbers import cut, number

OPEN = 20
"""Rows that are seen at once."""
ROWS = 200
"""Rows that a table has at most; bars beyond the first are folded."""
PLAIN = 50
"""Rows of a table without a picture."""
PAIRS = 25
"""Cells of a matrix that have a colour."""
CARDS = 60
"""Cards, all sections together."""
BELOW = 5
"""Texts below the one of a card."""


@dataclass(frozen=True)
class Cell:
    """A cell: what is written, whether it is a number, and how much of it a bar fills."""

    text: str
    numeric: bool = False
    share: float | None = None


@dataclass(frozen=True)
class Grid:
    """The rows of a table as they are shown."""

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
    """Arrange the first pairs as a square: rows and columns by name, cells as they are filled."""
    pairs = table.head(PAIRS)
    filled = {
        (row, column): number(value)
        for row, column, value in zip(
            pairs[chart.row], pairs[chart.column], pairs[chart.value], strict=True
        )
    }
    across = list(dict.fromkeys(pairs[chart.column]))
    rows = []
    for name in dict.fromkeys(pairs[chart.row]):
        values = [filled.get((name, column), math.nan) for column in across]
        rows.append([Cell(cut(name, 40)), *(_shaded(value) for value in values)])
    return Grid(
        ("", *(cut(each, 40) for each in across)), rows, len(table) - len(pairs), square=True
    )


@dataclass(frozen=True)
class Card:
    """A text with others below it."""

    text: str
    tag: str
    facts: list[tuple[str, str]]
    others: list[tuple[str, str, str, bool]]
    """Text, tag, number and whether it is what it should be."""


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
            (cut(row[chart.other]), row[chart.other_tag], row[chart.value], row[chart.match])
            for _, row in rows.head(BELOW).iterrows()
        ]
        card = Card(
            cut(first[chart.text]),
            cut(first[chart.tag], 60),
            [(name.replace("_", " "), cut(first[name], 40)) for name in facts],
            [(text, cut(tag, 60), value, match == "True") for text, tag, value, match in others],
        )
        found.setdefault(str(section), []).append(card)
    return found


def _grid(table: pd.DataFrame, drawn: tuple[str, ...], most: int) -> Grid:
    shown = table.head(most)
    numeric = {name: bool(shown[name].map(number).notna().all()) for name in shown.columns}
    rows = []
    broken = {name: numeric[name] and shown[name].str.contains(r"\.").any() for name in numeric}
    for values in shown.itertuples(index=False, name=None):
        named = zip(shown.columns, values, strict=True)
        rows.append(
            [
                _cell(
                    f"{float(value):.4f}" if broken[name] else value, numeric[name], name in drawn
                )
                for name, value in named
            ]
        )
    heads = tuple(cut(str(name).replace("_", " "), 60) for name in shown.columns)
    return Grid(heads, rows, len(table) - len(shown))


def _cell(value: str, numeric: bool, drawn: bool) -> Cell:
    if not drawn:
        return Cell(cut(value), numeric)
    share = number(value)
    if math.isnan(share):
        return Cell("", numeric=True)
    return Cell(f"{share:.3f}", numeric=True, share=min(1.0, max(0.0, share)))


def _shaded(value: float) -> Cell:
    if math.isnan(value):
        return Cell("", numeric=True)
    return Cell(f"{value:.2f}".removeprefix("0"), numeric=True, share=min(1.0, max(0.0, value)))

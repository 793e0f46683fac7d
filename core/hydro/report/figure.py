"""One figure of a report: a title, a caption, and a plot, a table or cards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import pandas as pd

from hydro.artifacts.files import JsonObject
from hydro.plugins.charts import CHARTS, Bars, Cards, Chart, Histogram, Matrix, Scatter
from hydro.report.cells import Card, Grid, bars, cards, matrix, plain
from hydro.report.histogram import draw_histogram
from hydro.report.picture import Drawing
from hydro.report.scatter import draw_scatter

EARLIER = {"panel": "facet", "mark": "rule", "group": "color", "text": "tooltip"}
"""Fields of charts, by the names that they had in the files of earlier versions."""


@dataclass(frozen=True)
class Figure:
    """A figure as templates show it."""

    title: str
    caption: str = ""
    summary: Sequence[str] = ()
    picture: Drawing | None = None
    square: Grid | None = None
    grid: Grid | None = None
    cards: Mapping[str, Sequence[Card]] = field(default_factory=dict)
    file: str = ""
    """The path of the data, relative to the page."""


def figure_of(metadata: JsonObject, table: pd.DataFrame) -> Figure:
    """Draw an insight from the files that it was stored in; all values of its table are texts.

    Raises:
        KeyError, TypeError: the files are of a version that this one does not know.
    """
    figure = Figure(metadata["title"], metadata["look"], metadata["said"])
    if table.empty:
        return figure
    figure = replace(figure, file=f"insights/{metadata['name']}.csv")
    match _chart(metadata["chart"]):
        case Histogram() as chart:
            return replace(figure, picture=draw_histogram(chart, table))
        case Scatter() as chart:
            return replace(figure, picture=draw_scatter(chart, table))
        case Bars() as chart:
            return replace(figure, grid=bars(chart, table))
        case Cards() as chart:
            return replace(figure, cards=cards(chart, table))
        case Matrix() as chart:
            return replace(figure, square=matrix(chart, table), grid=plain(table.head(25)))
        case _:
            return replace(figure, grid=plain(table))


def _chart(stored: dict[str, Any]) -> Chart:
    """Load a chart from its JSON."""
    kinds = {each.kind: each for each in CHARTS}
    kind = kinds.get(str(stored["kind"]), Chart)
    known = {EARLIER.get(name, name): value for name, value in stored.items()} | stored
    given = {each.name: known[each.name] for each in fields(kind) if each.name in known}
    return kind(**{n: tuple(v) if isinstance(v, list) else v for n, v in given.items()})

"""One entry of a report: a heading, what to look at, and a picture, a table or cards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import pandas as pd

from hydro.plugins.charts import CHARTS, Bars, Cards, Chart, Histogram, Matrix, Scatter
from hydro.report.cells import Card, Grid, bars, cards, matrix, plain
from hydro.report.histogram import draw_histogram
from hydro.report.picture import Drawing
from hydro.report.scatter import draw_scatter


@dataclass(frozen=True)
class Figure:
    """What a template writes out."""

    title: str
    caption: str = ""
    summary: Sequence[str] = ()
    picture: Drawing | None = None
    square: Grid | None = None
    grid: Grid | None = None
    cards: Mapping[str, Sequence[Card]] = field(default_factory=dict)
    file: str = ""
    """Where the data is, seen from the page."""


def figure_of(told: Mapping[str, Any], table: pd.DataFrame) -> Figure:
    """Draw an insight from what is told of it and its table, in which all is text."""
    chart = _chart(told["chart"])
    drawn: dict[str, Any] = {}
    if table.empty:
        return Figure(told["title"], told["look"], told["said"])
    match chart:
        case Histogram():
            drawn["picture"] = draw_histogram(chart, table)
        case Scatter():
            drawn["picture"] = draw_scatter(chart, table)
        case Bars():
            drawn["grid"] = bars(chart, table)
        case Cards():
            drawn["cards"] = cards(chart, table)
        case Matrix():
            drawn = {"square": matrix(chart, table), "grid": plain(table.head(25))}
        case _:
            drawn["grid"] = plain(table)
    file = f"insights/{told['name']}.csv"
    return Figure(told["title"], told["look"], told["said"], file=file, **drawn)


def _chart(told: Mapping[str, Any]) -> Chart:
    """Make the record again from its JSON."""
    kinds = {each.kind: each for each in CHARTS}
    kind = kinds.get(told["kind"], Chart)
    given = {each.name: told[each.name] for each in fields(kind)}
    return kind(**{n: tuple(v) if isinstance(v, list) else v for n, v in given.items()})

"""Histograms: how often values occur, a stepped outline for each series."""

from itertools import pairwise

import pandas as pd
from markupsafe import Markup

from hydro.plugins.charts import Histogram
from hydro.report.axes import Axis
from hydro.report.numbers import format_number, number
from hydro.report.picture import ACROSS, UPWARD, Drawing, plot, upright

PANELS = 6
BARS = 400
"""Panels, and intervals of each, that are drawn."""


def draw_histogram(chart: Histogram, table: pd.DataFrame) -> Drawing:
    """Draw the series of each panel over one axis, so that panels can be compared."""
    columns = [chart.x, *chart.series, *([chart.rule] if chart.rule else [])]
    numbers = table.assign(**{name: table[name].map(number) for name in columns})
    starts = sorted(numbers[chart.x].dropna().unique())
    width = min((b - a for a, b in pairwise(starts)), default=1.0)
    marked = list(numbers[chart.rule].dropna()) if chart.rule else []
    ends = [*starts[:1], starts[-1] + width, *marked]
    x = Axis(_series_label(chart.x), min(ends), max(ends), *ACROSS)
    panels = [("", numbers)]
    if chart.facet:
        groups = numbers.groupby(chart.facet, sort=False)
        panels = [(str(name), rows) for name, rows in groups]
    drawn = [_panel(chart, name, rows.head(BARS), x, width) for name, rows in panels[:PANELS]]
    legend = tuple((f"c{place}", _series_label(name)) for place, name in enumerate(chart.series))
    return Drawing(Markup("").join(drawn), legend)


def _panel(chart: Histogram, name: str, rows: pd.DataFrame, x: Axis, width: float) -> Markup:
    tallest = float(rows[list(chart.series)].max().max())
    y = Axis.over(chart.y, [tallest], UPWARD, zero=True)
    marks = [
        _outline(rows, chart.x, series, x, y, width, place)
        for place, series in enumerate(chart.series)
    ]
    if chart.rule and rows[chart.rule].notna().any():
        value = float(rows[chart.rule].dropna().iloc[0])
        marks.append(upright(x.at(value), f"{_series_label(chart.rule)} {format_number(value)}"))
    said = f"Histogram of {x.label}: {', '.join(map(_series_label, chart.series))}"
    heading = Markup("<h4>{}</h4>").format(name) if name else Markup("")
    return heading + plot(f"{said}{', ' if name else ''}{name}", x, y, marks)


def _outline(
    rows: pd.DataFrame, start: str, series: str, x: Axis, y: Axis, width: float, color: int
) -> Markup:
    points = []
    for low, value in zip(rows[start], rows[series].fillna(0), strict=True):
        points += [(x.at(low), y.at(value)), (x.at(low + width), y.at(value))]
    ends = [(points[0][0], y.at(0)), *points, (points[-1][0], y.at(0))]
    steps = " ".join(f"{a:.1f},{b:.1f}" for a, b in ends)
    return Markup("<polygon class='area c{}' points='{}'/>").format(color, steps)


def _series_label(name: str) -> str:
    return name.replace("_", " ")

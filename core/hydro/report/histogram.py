"""Histograms: how often values occur, a stepped outline for each series."""

from itertools import pairwise

import pandas as pd
from markupsafe import Markup

from hydro.plugins.charts import Histogram
from hydro.report.axes import Axis
from hydro.report.numbers import format_number, number
from hydro.report.picture import X_RANGE, Y_RANGE, Drawing, plot, vertical_rule

FACETS = 6
BARS = 400
"""Facets, and intervals of each, that are drawn."""


def draw_histogram(chart: Histogram, table: pd.DataFrame) -> Drawing:
    """Draw the series of each facet over the same axis, so that facets can be compared."""
    columns = [chart.x, *chart.series, *([chart.rule] if chart.rule else [])]
    numbers = table.assign(**{name: table[name].map(number) for name in columns})
    starts = sorted(numbers[chart.x].dropna().unique())
    width = min((b - a for a, b in pairwise(starts)), default=1.0)
    rules = list(numbers[chart.rule].dropna()) if chart.rule else []
    ends = [*starts[:1], starts[-1] + width, *rules]
    x = Axis(_series_label(chart.x), min(ends), max(ends), *X_RANGE)
    facets = [("", numbers)]
    if chart.facet:
        groups = numbers.groupby(chart.facet, sort=False)
        facets = [(str(name), rows) for name, rows in groups]
    drawn = [_facet(chart, name, rows.head(BARS), x, width) for name, rows in facets[:FACETS]]
    legend = tuple((f"c{place}", _series_label(name)) for place, name in enumerate(chart.series))
    return Drawing(Markup("").join(drawn), legend)


def _facet(chart: Histogram, name: str, rows: pd.DataFrame, x: Axis, width: float) -> Markup:
    tallest = float(rows[list(chart.series)].max().max())
    y = Axis.over(chart.y, [tallest], Y_RANGE, zero=True)
    marks = [
        _outline(rows, chart.x, series, x, y, width, place)
        for place, series in enumerate(chart.series)
    ]
    if chart.rule and rows[chart.rule].notna().any():
        value = float(rows[chart.rule].dropna().iloc[0])
        marks.append(
            vertical_rule(x.at(value), f"{_series_label(chart.rule)} {format_number(value)}")
        )
    title = f"Histogram of {x.label}: {', '.join(map(_series_label, chart.series))}"
    heading = Markup("<h4>{}</h4>").format(name) if name else Markup("")
    return heading + plot(f"{title}{', ' if name else ''}{name}", x, y, marks)


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

"""Scatter plots: a point for each row, the largest groups in colours."""

import pandas as pd

from hydro.plugins.charts import Scatter
from hydro.report.axes import Axis
from hydro.report.numbers import cut, number
from hydro.report.picture import ACROSS, TALL, Picture, dot, plot

POINTS = 3000
COLORS = 12
SAID = 120_000
"""Characters that are said of all points together; with 3,000 points, every one counts."""
TEXT = 120
"""Characters that are said of one point at most."""


def draw_scatter(chart: Scatter, table: pd.DataFrame) -> Picture:
    """Draw the first 3,000 points; those of small groups are grey and lie below the others."""
    shown = table.head(POINTS)
    sizes = shown[chart.group].value_counts()
    largest = list(sizes.index[:COLORS])
    style = {name: f"c{place}" for place, name in enumerate(largest)}
    xs, ys = shown[chart.x].map(number), shown[chart.y].map(number)
    x = Axis.over(chart.x.replace("_", " "), xs, ACROSS)
    y = Axis.over(chart.y.replace("_", " "), ys, TALL)
    longest = min(TEXT, SAID // len(shown))
    rows = list(zip(xs, ys, shown[chart.group], shown[chart.text], strict=True))
    rows.sort(key=lambda row: row[2] in style)
    marks = [
        dot(
            x.at(a),
            y.at(b),
            f"dot {style.get(group, 'cother')}",
            cut(f"{group}: {text}", longest),
            2.5,
        )
        for a, b, group, text in rows
        if x.holds(a) and y.holds(b)
    ]
    legend = [(style[name], cut(name, 40)) for name in largest]
    others = len(sizes) - len(largest)
    legend += [("cother", f"{others:,} smaller groups")] if others else []
    title = f"{len(marks):,} points in {len(sizes):,} groups"
    note = f"The first {POINTS:,} of {len(table):,} points." if len(table) > POINTS else ""
    return Picture(plot(title, x, y, marks), tuple(legend), note)

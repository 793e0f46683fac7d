"""Scatter plots: a point for each row, the largest groups in colors."""

import pandas as pd

from hydro.plugins.charts import Scatter
from hydro.report.axes import Axis
from hydro.report.numbers import number, truncate
from hydro.report.picture import TALL_Y_RANGE, X_RANGE, Drawing, dot, plot

POINTS = 3000
COLORS = 12
TOOLTIPS = 120_000
"""Characters of all tooltips together."""
TEXT = 120
"""Characters of one tooltip at most."""


def draw_scatter(chart: Scatter, table: pd.DataFrame) -> Drawing:
    """Draw the first 3,000 points; those of small groups are gray and lie below the others."""
    shown = table.head(POINTS)
    sizes = shown[chart.color].value_counts()
    largest = list(sizes.index[:COLORS])
    style = {name: f"c{place}" for place, name in enumerate(largest)}
    xs, ys = shown[chart.x].map(number), shown[chart.y].map(number)
    x = Axis.over(chart.x.replace("_", " "), xs, X_RANGE)
    y = Axis.over(chart.y.replace("_", " "), ys, TALL_Y_RANGE)
    longest = min(TEXT, TOOLTIPS // len(shown))
    rows = list(zip(xs, ys, shown[chart.color], shown[chart.tooltip], strict=True))
    rows.sort(key=lambda row: row[2] in style)
    marks = [
        dot(
            x.at(a),
            y.at(b),
            f"dot {style.get(group, 'cother')}",
            truncate(f"{group}: {text}", longest),
            2.5,
        )
        for a, b, group, text in rows
        if x.holds(a) and y.holds(b)
    ]
    legend = [(style[name], truncate(name, 40)) for name in largest]
    others = len(sizes) - len(largest)
    legend += [("cother", f"{others:,} smaller groups")] if others else []
    title = f"{len(marks):,} points in {len(sizes):,} groups"
    note = f"The first {POINTS:,} of {len(table):,} points." if len(table) > POINTS else ""
    return Drawing(plot(title, x, y, marks), tuple(legend), note)

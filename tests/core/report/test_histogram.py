"""Histograms show shares by interval, panel by panel."""

import re

import pandas as pd

from hydro.plugins.charts import Histogram
from hydro.report.histogram import draw_histogram

TABLE = pd.DataFrame(
    {
        "when": ["before"] * 2 + ["after"] * 2,
        "cosine": ["0", "0.5"] * 2,
        "same": ["0.25", "0.75", "0", "1"],
        "best": ["0.5"] * 2 + ["0.25"] * 2,
    }
)
CHART = Histogram("cosine", ("same",), y="share", facet="when", rule="best")


def test_each_panel_is_a_picture_with_the_same_axis() -> None:
    drawn = draw_histogram(CHART, TABLE).drawing
    assert re.findall(r"<h4>(\w+)</h4>", drawn) == ["before", "after"]
    assert re.findall(r">(best [\d.]+)<", drawn) == ["best 0.5", "best 0.25"]
    before, after = re.findall(r"<polygon class='area c0' points='([^']*)'", drawn)
    # From 0 to 1 on 58 to 618 pixels; the taller bar reaches the top, a third of it is a third.
    assert before.split() == [
        *("58.0,196.0", "58.0,134.7", "338.0,134.7"),
        *("338.0,12.0", "618.0,12.0", "618.0,196.0"),
    ]
    assert after.split()[1:3] == ["58.0,196.0", "338.0,196.0"]


def test_one_interval_and_no_panels_are_enough() -> None:
    chart = Histogram("cosine", ("same",))
    assert "<polygon" in draw_histogram(chart, TABLE.head(1)).drawing
    nothing = TABLE.head(1).assign(same="0")
    assert "<polygon" in draw_histogram(chart, nothing).drawing

"""Points in the colors of their groups."""

import re

import pandas as pd

from hydro.plugins.charts import Scatter
from hydro.report.scatter import draw_scatter

CHART = Scatter("x", "y", "group", "text")


def points(groups: list[str]) -> pd.DataFrame:
    """Make points on a diagonal."""
    places = [str(each) for each in range(len(groups))]
    return pd.DataFrame({"x": places, "y": places, "group": groups, "text": "<b>"})


def test_the_twelve_largest_groups_have_colors_and_the_others_share_one() -> None:
    groups = [f"g{each}" for each in range(14) for _ in range(20 - each)]
    picture = draw_scatter(CHART, points(groups))
    assert picture.legend[0] == ("c0", "g0")
    assert picture.legend[-1] == ("cother", "2 smaller groups")
    assert len(picture.legend) == 13
    styles = re.findall(r"class='dot (\w+)'", picture.drawing)
    assert styles.count("c0") == 20
    assert styles[:15] == ["cother"] * 15  # below the others


def test_tooltips_of_points_are_escaped() -> None:
    assert "<title>g: &lt;b&gt;</title>" in draw_scatter(CHART, points(["g"])).drawing


def test_no_more_points_are_drawn_than_a_page_holds() -> None:
    picture = draw_scatter(CHART, points(["g"] * 3001))
    assert picture.drawing.count("<circle") == 3000
    assert picture.note == "The first 3,000 of 3,001 points."

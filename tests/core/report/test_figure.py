"""Insights become figures by what is told of them."""

from typing import Any

import pandas as pd
import pytest

from hydro.plugins.charts import CHARTS, Bars, Chart
from hydro.report.figure import figure_of


def told(**chart: Any) -> dict[str, Any]:
    """Tell of an insight."""
    return {"name": "n", "title": "t", "look": "l", "said": ["s"], "chart": chart}


def test_a_chart_is_made_again_from_its_json() -> None:
    table = pd.DataFrame({"class": ["a"], "AP": ["0.5"]})
    figure = figure_of(told(kind="bars", name="class", values=["AP"]), table)
    assert figure.grid is not None
    assert figure.grid.rows[0][1].share == 0.5
    assert (figure.title, figure.caption, list(figure.summary)) == ("t", "l", ["s"])
    assert figure.file == "insights/n.csv"


@pytest.mark.parametrize("kind", ["table", "of a later version"])
def test_what_has_no_picture_is_a_table(kind: str) -> None:
    figure = figure_of(told(kind=kind), pd.DataFrame({"a": ["b"]}))
    assert figure.grid is not None
    assert figure.grid.rows[0][0].text == "b"


def test_what_found_nothing_has_words_only() -> None:
    figure = figure_of(told(kind="bars", name="class", values=["AP"]), pd.DataFrame())
    assert (figure.grid, figure.file, list(figure.summary)) == (None, "", ["s"])


def test_every_chart_has_a_kind_of_its_own() -> None:
    assert len({each.kind for each in CHARTS}) == len(CHARTS)
    assert (Chart.kind, Bars.kind) == ("table", "bars")

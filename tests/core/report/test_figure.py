"""Insights become figures from the files that they were stored in."""

from typing import Any

import pandas as pd
import pytest

from hydro.plugins.charts import CHARTS, Bars, Chart
from hydro.report.figure import figure_of


def metadata(**chart: Any) -> dict[str, Any]:
    """Return what is stored of an insight beside its table."""
    return {"name": "n", "title": "t", "look": "l", "said": ["s"], "chart": chart}


def test_a_chart_is_loaded_from_its_json() -> None:
    table = pd.DataFrame({"class": ["a"], "AP": ["0.5"]})
    figure = figure_of(metadata(kind="bars", name="class", values=["AP"]), table)
    assert figure.grid is not None
    assert figure.grid.rows[0][1].share == 0.5
    assert (figure.title, figure.caption, list(figure.summary)) == ("t", "l", ["s"])
    assert figure.file == "insights/n.csv"


@pytest.mark.parametrize("kind", ["table", "of a later version"])
def test_an_insight_without_a_known_chart_is_a_table(kind: str) -> None:
    figure = figure_of(metadata(kind=kind), pd.DataFrame({"a": ["b"]}))
    assert figure.grid is not None
    assert figure.grid.rows[0][0].text == "b"


def test_an_insight_without_rows_has_a_summary_only() -> None:
    figure = figure_of(metadata(kind="bars", name="class", values=["AP"]), pd.DataFrame())
    assert (figure.grid, figure.file, list(figure.summary)) == (None, "", ["s"])


def test_kinds_of_charts_are_unique() -> None:
    assert len({each.kind for each in CHARTS}) == len(CHARTS)
    assert (Chart.kind, Bars.kind) == ("table", "bars")


@pytest.mark.parametrize(
    "chart",
    [
        {"kind": "histogram", "x": "x", "series": ["n"], "y": "", "panel": "p", "mark": "m"},
        {"kind": "histogram", "x": "x", "series": ["n"], "y": "", "facet": "p", "rule": "m"},
        {"kind": "scatter", "x": "x", "y": "n", "group": "p", "text": "t"},
        {"kind": "scatter", "x": "x", "y": "n", "color": "p", "tooltip": "t"},
    ],
)
def test_charts_of_earlier_versions_are_drawn_as_those_of_today(chart: dict[str, Any]) -> None:
    table = pd.DataFrame(
        {"x": ["0", "1"], "n": ["1", "2"], "p": ["one", "two"], "m": ["0.5"] * 2, "t": ["u", "v"]}
    )
    drawn = figure_of(metadata(**chart), table).picture
    assert drawn is not None
    assert "two" in drawn.drawing
    assert ("m 0.5" if chart["kind"] == "histogram" else "two: v") in drawn.drawing


def test_text_of_cards_is_no_tooltip() -> None:
    names = ["section", "key", "text", "tag", "other", "other_tag", "value", "match"]
    table = pd.DataFrame({name: [f"a {name}"] for name in names})
    found = figure_of(metadata(kind="cards", **dict(zip(names, names, strict=True))), table).cards
    assert found["a section"][0].text == "a text"

"""Insights are kept as tables, with what is told of them; one that fails ends no run."""

import json
from typing import Any

import pandas as pd

from hydro.plugins.charts import Bars, Finding
from hydro.plugins.components import Insight


def offered(word_count: Any, *insights: Insight) -> Any:
    """Run the experiment with these insights."""
    return word_count.offering(*insights).run("training.epochs=1")


def test_a_finding_is_kept_with_its_chart_and_its_words(word_count: Any) -> None:
    def build(settings: Any, *, predictions: Any, frame: pd.DataFrame) -> Finding:
        return Finding(pd.DataFrame({"class": ["a"], "off": [0.5]}), ("One class.",))

    chart = Bars("class", ("off",))
    outcome = offered(word_count, Insight("off_by", build, title="How far", chart=chart))
    told = json.loads((outcome.folder / "insights/off_by.json").read_text())
    assert told["title"] == "How far"
    assert told["said"] == ["One class."]
    assert told["chart"] == {"kind": "bars", "name": "class", "values": ["off"]}
    page = (outcome.folder / "report.html").read_text(encoding="utf-8")
    assert "<h3>How far</h3>" in page
    assert "--share:50.0%" in page


def test_an_insight_is_given_what_it_needs(word_count: Any) -> None:
    given: dict[str, Any] = {}

    def build(settings: Any, **material: Any) -> pd.DataFrame:
        given.update(material)
        return pd.DataFrame()

    outcome = offered(word_count, Insight("look", build, inputs=("before", "train", "tokenizer")))
    assert set(given) == {"predictions", "frame", "before", "train", "tokenizer"}
    before, after = (given[name].values["MAE"].mean() for name in ("before", "predictions"))
    scores = outcome.scores["validation"]
    assert (before, after) == (scores["before"], scores["after"])
    assert len(given["train"]) == 30
    assert not (outcome.folder / "insights").exists()


def test_an_insight_that_fails_is_named_and_left_out(word_count: Any) -> None:
    def fail(settings: Any, *, predictions: Any, frame: pd.DataFrame) -> pd.DataFrame:
        return frame["no such column"]

    def bare(settings: Any, *, predictions: Any, frame: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"a": [1]})

    outcome = offered(
        word_count,
        Insight("broken", fail),
        Insight("misdrawn", bare, chart=Bars("class", ("off",))),
        Insight("whole", bare),
    )
    assert [each.name for each in (outcome.folder / "insights").glob("*.csv")] == ["whole.csv"]
    log = (outcome.folder / "log.txt").read_text()
    assert "insight 'broken' is left out: KeyError" in log
    assert (
        "insight 'misdrawn' is left out: PluginError: its bars needs the columns class, off" in log
    )

"""A run leaves a report of itself."""

from typing import Any

import pandas as pd

from hydro_text_metric_learning.plugin import hydro_insights


def test_every_insight_is_in_the_report_of_a_run(trained: Any) -> None:
    told = {each.stem for each in (trained.folder / "insights").glob("*.json")}
    assert told == {each.name for each in hydro_insights()}
    page = (trained.folder / "report.html").read_text(encoding="utf-8")
    assert not [each.title for each in hydro_insights() if f"<h3>{each.title}</h3>" not in page]
    assert "left out" not in (trained.folder / "log.txt").read_text()


def test_the_report_knows_the_end_of_the_run(trained: Any) -> None:
    page = (trained.folder / "report.html").read_text(encoding="utf-8")
    scores = trained.scores["validation"]
    assert f"mAP {scores['before']:.4f} → {scores['after']:.4f}" in page
    assert '<span class="finished">finished</span>' in page


def test_cosines_are_compared_before_and_after(trained: Any) -> None:
    shown = pd.read_csv(trained.folder / "insights/cosines.csv")
    assert set(shown["when"]) == {"before training", "after training"}

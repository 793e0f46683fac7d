"""A report is one page: safe, small, whole, and never in the way of a run."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hydro.artifacts.files import write_text
from hydro.artifacts.insight_files import write_insight
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, write_status
from hydro.plugins.charts import CHARTS, Bars, Cards, Chart, Histogram, Matrix, Scatter
from hydro.report.write import write_report, write_report_at_end

LARGEST = 1_500_000
"""Bytes of a page."""
DRAWN: tuple[Chart, ...] = (
    Chart(),
    Histogram("start", ("share",), rule="share"),
    Scatter("start", "share", "label", "text"),
    Bars("label", ("share",)),
    Matrix("label", "text", "share"),
    Cards("kind", "start", "text", "label", "text", "label", "share", "match"),
)
ATTACK = "<script>alert('x')</script><img src=http://x.org/x onerror=alert(1)> {{ 7*7 }}"


def insights(folder: RunFolder, rows: int, text: str) -> None:
    """Leave one insight of every kind of chart."""
    table = pd.DataFrame(
        {
            "kind": text,
            "start": range(rows),
            "share": [row / rows for row in range(rows)],
            "label": [f"{text}{row}" for row in range(rows)],
            "text": text,
            "match": True,
        }
    )
    for place, chart in enumerate(DRAWN):
        told = {
            "name": f"insight_{place}",
            "place": place,
            "title": text[:100],
            "look": text[:100],
            "said": [text[:100]],
            "chart": {"kind": chart.kind, **vars(chart)},
        }
        write_insight(folder, f"insight_{place}", table, told)


def test_every_kind_of_chart_is_tried_here() -> None:
    assert {type(each) for each in DRAWN} == set(CHARTS)


def test_the_page_of_a_run_shows_its_result_and_scores(
    folder: RunFolder, read: Callable[..., Any]
) -> None:
    page = read(write_report(folder, None).read_text(encoding="utf-8"))
    assert "MAE 2.0000 → 0.5000" in page.text
    assert "-1.5000: better than the untrained model" in page.text
    assert "(95 % interval -1.7500 to -1.2500, paired over rows)" in page.text
    assert "finished after 12 s · seed 7" in page.text
    assert "half of the <labels> are rare" in page.text
    assert "MAE, 10 rows of unseen classes 2.0000 1.2500 -0.7500" in page.text
    assert "3 rows are left out" in page.text
    assert f"hydro run {folder.config}" in page.text
    assert "linear_regression is not installed" in page.text


def test_changed_settings_are_listed_with_their_defaults(
    word_count: Any, folder: RunFolder
) -> None:
    model = word_count.registry.schema(word_count.problem)
    page = write_report(folder, model).read_text(encoding="utf-8")
    assert "<code>training.gradient_clip</code></td><td>2.0</td>" in page


def test_nothing_is_loaded_and_nothing_runs(folder: RunFolder, read: Callable[..., Any]) -> None:
    insights(folder, 30, ATTACK)
    write_status(folder, Status("failed", "data", ATTACK))
    (folder.path / "log.txt").write_text(f"2026-01-01 10:00:00 WARNING {ATTACK}\n")
    html = write_report(folder, None).read_text(encoding="utf-8")
    page = read(html)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "link", "iframe", "object"}
    for _, attributes in page.elements:
        assert not [name for name in attributes if name == "src" or name.startswith("on")]
    assert not [each for each in page.all("a") if "//" in (each["href"] or "")]
    assert "url(" not in html
    assert "@import" not in html
    assert "default-src 'none'" in page.all("meta")[-1]["content"]
    assert "alert('x')" in page.text
    assert "{{ 7*7 }}" in page.text


def test_every_picture_and_table_has_words_for_it(
    folder: RunFolder, read: Callable[..., Any]
) -> None:
    insights(folder, 30, "text")
    page = read(write_report(folder, None).read_text(encoding="utf-8"))
    assert len(page.all("svg")) == 6
    assert all(each["aria-label"] for each in page.all("svg") + page.all("table"))


@pytest.mark.parametrize("rows", [1, 2, 10_000])
def test_a_page_is_small_whatever_it_is_of(folder: RunFolder, rows: int) -> None:
    insights(folder, rows, '"' * 500)  # each becomes five characters
    assert write_report(folder, None).stat().st_size < LARGEST


def test_an_experiment_of_several_runs_has_a_page_of_its_own(
    folder: RunFolder, read: Callable[..., Any]
) -> None:
    write_text(folder.run("000").config, "{}")
    write_status(folder.run("000"), Status("failed", "data", ATTACK))
    page = read(write_report(folder, None).read_text(encoding="utf-8"))
    assert {"href": "runs/000/report.html"} in page.all("a")
    assert "script" not in {tag for tag, _ in page.elements}


def test_a_report_is_written_however_the_run_ends(word_count: Any, folder: RunFolder) -> None:
    model = word_count.registry.schema(word_count.problem)
    with pytest.raises(KeyboardInterrupt), write_report_at_end(folder, model):
        raise KeyboardInterrupt
    assert (folder.path / "report.html").exists()


def test_a_report_that_cannot_be_written_is_warned_of(
    word_count: Any, folder: RunFolder, caplog: pytest.LogCaptureFixture
) -> None:
    (folder.path / "scores.json").write_text("broken")
    model = word_count.registry.schema(word_count.problem)
    with caplog.at_level(logging.WARNING, "hydro"), write_report_at_end(folder, model):
        pass
    assert "no report: JSONDecodeError" in caplog.text
    assert not Path(folder.path / "report.html").exists()

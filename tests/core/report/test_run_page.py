"""The page of a run shows what it achieved."""

import logging

import pandas as pd
import pytest

from hydro.artifacts.insight_files import write_insight
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, write_status
from hydro.report.run_page import run_page


def test_a_repeated_warning_is_listed_once(folder: RunFolder) -> None:
    log = folder.path / "log.txt"
    log.write_text(log.read_text() * 3)
    assert run_page(folder, None)["warnings"] == ["half of the <labels> are rare"]


def test_the_files_beside_the_page_are_linked(folder: RunFolder) -> None:
    (folder.path / "model").mkdir()
    (folder.path / "model/a b.json").touch()
    (folder.path / ".lock").touch()
    links = dict(run_page(folder, None)["files"])
    assert links["model/a%20b.json"] == "model/a b.json"
    assert {"scores.json", "config.yaml", "log.txt"} <= links.keys()
    assert ".lock" not in links


def test_a_run_that_failed_early_has_a_page(folder: RunFolder) -> None:
    for each in folder.path.iterdir():
        each.unlink()
    write_status(folder, Status("failed", "data", "DataError: no rows", seconds=0.1))
    page = run_page(folder, None)
    assert page["scores"] == {}
    assert page["curves"] == []
    assert page["status"].message == "DataError: no rows"


@pytest.mark.parametrize(
    "change", [{"chart": {"kind": "bars"}}, {"chart": {"kind": "bars", "name": "b", "values": []}}]
)
def test_an_insight_that_cannot_be_drawn_is_left_out_with_a_warning(
    folder: RunFolder, caplog: pytest.LogCaptureFixture, change: dict[str, object]
) -> None:
    known = {"title": "t", "look": "", "said": [], "chart": {"kind": "table"}}
    table = pd.DataFrame({"a": ["b"]})
    write_insight(folder, "old", table, {**known, "name": "old", "place": 0, **change})
    write_insight(folder, "new", table, {**known, "name": "new", "place": 1})

    with caplog.at_level(logging.WARNING):
        figures = run_page(folder, None)["figures"]

    assert isinstance(figures, list)
    assert [figure.file for figure in figures] == ["insights/new.csv"]
    assert "insight 'old' is left out of the report" in caplog.text

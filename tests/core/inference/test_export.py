"""Exports appear whole, say what they lack, and never take a finished run with them."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import read_status
from hydro.errors import DataError, PluginError, ResourceError, SettingsError
from hydro.inference.export import export, pick_exporters
from hydro.plugins.builder import Builder
from hydro.plugins.components import Exporter

FITS: dict[str, Any] = {"problems": ("linear_regression",)}
LACKING = Exporter("tome", print, modules=("no_such_module",), extra="hydro-tome[press]", **FITS)


def note(settings: Any, *, model: Path, sample: pd.DataFrame, folder: Path) -> None:
    """Write down what was handed over."""
    told = {"files": [path.name for path in model.iterdir()], "rows": sample["text"].tolist()}
    (folder / "note.json").write_text(json.dumps(told), encoding="utf-8")


def fail(settings: Any, *, model: Path, sample: pd.DataFrame, folder: Path) -> None:
    """Write half of a file, and stop there."""
    (folder / "half").touch()
    msg = "the press is jammed"
    raise DataError(msg)


def log(outcome: Any) -> str:
    """Give what was logged."""
    text: str = (outcome.folder / "log.txt").read_text(encoding="utf-8")
    return text


@pytest.fixture
def finished(word_count: Any) -> tuple[Builder, RunFolder]:
    """A run without exports."""
    outcome = word_count.run("training.build_scoring_pipelines=false", "training.epochs=0")
    builder = Builder(outcome.settings, word_count.registry, word_count.problem)
    return builder, RunFolder(outcome.folder)


@pytest.fixture
def with_more(finished: tuple[Builder, RunFolder], word_count: Any) -> Callable[..., Builder]:
    """Offer more exporters."""

    def make(*exporters: Exporter) -> Builder:
        return dataclasses.replace(finished[0], registry=word_count.offering(*exporters).registry)

    return make


def test_an_exporter_is_given_the_model_and_some_held_out_rows(
    finished: tuple[Builder, RunFolder],
) -> None:
    builder, run = finished
    target = export(Exporter("note", note), builder, run)
    assert target == run.path / "exports" / "note"
    told = json.loads((target / "note.json").read_text())
    assert told["files"] == ["model.safetensors"]
    held_out = pd.read_csv(run.path / "predictions/validation_predictions.csv")
    assert told["rows"] == held_out["text"].tolist()


def test_an_export_can_go_elsewhere_and_replaces_nothing_there(
    finished: tuple[Builder, RunFolder], tmp_path: Path
) -> None:
    builder, run = finished
    target = export(Exporter("note", note), builder, run, tmp_path / "new" / "place")
    assert target == tmp_path / "new/place/note"
    assert not (run.path / "exports").exists()
    with pytest.raises(ResourceError, match="already exists"):
        export(Exporter("note", note), builder, run, target.parent)


def test_an_earlier_export_of_the_run_is_replaced_as_a_whole(
    finished: tuple[Builder, RunFolder],
) -> None:
    builder, run = finished
    target = export(Exporter("note", note), builder, run)
    (target / "mine").touch()
    export(Exporter("note", note), builder, run)
    assert sorted(path.name for path in target.iterdir()) == ["mine", "note.json"]
    assert [path.name for path in target.parent.iterdir()] == ["note"]


def test_a_failure_leaves_the_earlier_export_and_nothing_half_done(
    finished: tuple[Builder, RunFolder],
) -> None:
    builder, run = finished
    target = export(Exporter("note", note), builder, run)
    with pytest.raises(DataError, match="jammed"):
        export(Exporter("note", fail), builder, run)
    assert [path.name for path in target.parent.iterdir()] == ["note"]
    assert [path.name for path in target.iterdir()] == ["note.json"]


def test_rows_that_are_gone_are_an_error(finished: tuple[Builder, RunFolder]) -> None:
    builder, run = finished
    (run.path / "predictions/validation_predictions.csv").unlink()
    with pytest.raises(ResourceError, match=r"validation_predictions.csv cannot be read"):
        export(Exporter("note", note), builder, run)


def test_formats_are_picked_by_name_in_the_order_they_are_offered(
    with_more: Callable[..., Builder],
) -> None:
    builder = with_more(Exporter("note", note, **FITS), Exporter("other", note, problems=("x",)))

    def names(*asked: str) -> list[str]:
        return [each.name for each in pick_exporters(builder, asked)]

    assert names("note", "json") == ["json", "note"]
    assert names("all") == ["json", "note"]
    with pytest.raises(
        SettingsError, match="--to othr: no such format for linear_regression; available: "
    ):
        names("json", "othr")


def test_a_package_that_is_missing_is_named_with_what_installs_it(
    with_more: Callable[..., Builder],
) -> None:
    builder = with_more(LACKING)
    assert [each.name for each in pick_exporters(builder, ["json"])] == ["json"]
    with pytest.raises(PluginError) as refused:
        pick_exporters(builder, ["all"])
    said = "--to tome needs no_such_module. First: pip install 'hydro-tome[press]'"
    assert str(refused.value) == said


def test_a_run_says_once_what_it_could_not_build_for_want_of_packages(word_count: Any) -> None:
    more = (LACKING, dataclasses.replace(LACKING, name="scroll"), Exporter("note", note, **FITS))
    outcome = word_count.offering(*more).run("training.epochs=0")
    said = (
        "WARNING not built, because no_such_module is not installed: tome, scroll. Later: pip "
        f"install 'hydro-tome[press]' && hydro export {outcome.folder} --to all"
    )
    assert said in log(outcome)
    assert log(outcome).count("no_such_module") == 1
    assert sorted(path.name for path in outcome.folder.glob("exports/*")) == ["json", "note"]


def test_a_format_that_fails_does_not_fail_the_run(word_count: Any) -> None:
    outcome = word_count.offering(Exporter("tome", fail, **FITS)).run("training.epochs=0")
    assert read_status(RunFolder(outcome.folder)).state == "finished"
    again = f"To try again: hydro export {outcome.folder} --to tome"
    assert f"WARNING tome was not built: the press is jammed. {again}" in log(outcome)
    assert "Traceback" in log(outcome)


def test_what_is_only_built_on_demand_is_not_built_at_the_end(word_count: Any) -> None:
    outcome = word_count.offering(Exporter("tome", note, at_end=False, **FITS)).run(
        "training.epochs=0"
    )
    assert [path.name for path in outcome.folder.glob("exports/*")] == ["json"]

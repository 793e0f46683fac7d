"""Of an experiment the finished run is given, the best of several."""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest

from hydro.artifacts.results import read_scores, write_scores
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, write_status
from hydro.errors import ResourceError
from hydro.inference.finished_run import finished_run

SHORT = ("training.epochs=0", "training.build_scoring_pipelines=false", "experiment_name=calm-bay")


@pytest.fixture
def finished(word_count: Any) -> RunFolder:
    """A single run."""
    return RunFolder(word_count.run(*SHORT).folder)


def test_a_single_run_is_given_with_what_its_settings_select(
    finished: RunFolder, word_count: Any
) -> None:
    run, builder = finished_run(finished, word_count.registry)
    assert run.path == finished.path
    assert builder.settings.experiment_name == "calm-bay"
    assert builder.pick("metric").name == "MAE"


def test_the_tables_may_be_gone(finished: RunFolder, word_count: Any) -> None:
    word_count.config.with_name("rows.csv").unlink()
    assert finished_run(finished, word_count.registry)[0].path == finished.path


@pytest.mark.parametrize("state", ["running", "failed", "stopped"])
def test_a_run_that_has_not_finished_is_refused(
    state: Any, finished: RunFolder, word_count: Any
) -> None:
    write_status(finished, Status(state))
    with pytest.raises(ResourceError, match="no run of it has finished"):
        finished_run(finished, word_count.registry)


def test_a_model_that_was_deleted_is_said(finished: RunFolder, word_count: Any) -> None:
    shutil.rmtree(finished.model)
    with pytest.raises(ResourceError, match="has no model/ any more"):
        finished_run(finished, word_count.registry)


def test_of_several_runs_the_best_is_given_and_said(
    finished: RunFolder, word_count: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "several"
    for name, error in {"000": 0.5, "001": 0.25}.items():
        run = RunFolder(Path(shutil.copytree(finished.path, folder / "runs" / name)))
        scores = read_scores(run)
        scores["validation"]["after"] = error
        write_scores(run, scores)
    shutil.copy(finished.config, folder)
    board = [{"mean": 0.375, "runs": ["000", "001"], "scores": [0.5, 0.25]}]
    (folder / "leaderboard.json").write_text(json.dumps(board), encoding="utf-8")
    with caplog.at_level(logging.INFO, "hydro"):
        best, builder = finished_run(RunFolder(folder), word_count.registry)
    assert best.path == folder / "runs" / "001"  # an error of words: the smaller, the better
    assert f"the best of 2 runs: {best.path}" in caplog.text
    assert builder.settings.experiment_name == "calm-bay"

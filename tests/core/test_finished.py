"""A finished run is found by its folder or name; of several, the best."""

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hydro.errors import ResourceError, SettingsError
from hydro.finished import find_run
from hydro.folder import RunFolder
from hydro.status import Status

SHORT = ("training.epochs=0", "training.build_scoring_pipelines=false", "experiment_name=calm-bay")


@pytest.fixture
def finished(word_count: Any) -> Path:
    """The folder of a single run."""
    path: Path = word_count.run(*SHORT).folder
    return path


@pytest.fixture
def several(finished: Path, tmp_path: Path) -> Callable[..., Path]:
    """Make an experiment whose best combination has two folds, with these scores."""

    def make(*scores: float | None) -> Path:
        folder = tmp_path / "runs" / "several"
        names = [f"00{place}" for place in range(len(scores))]
        for name in names:
            shutil.copytree(finished, folder / "runs" / name)
        shutil.copy(finished / "config.yaml", folder)
        mean = None if None in scores else 1.0
        board = [{"mean": mean, "runs": names, "scores": scores}]
        (folder / "leaderboard.json").write_text(json.dumps(board), encoding="utf-8")
        return folder

    return make


def test_a_run_is_found_by_its_folder_and_by_its_name(
    finished: Path, word_count: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, builder = find_run(str(finished), word_count.catalog)
    assert (run.path, builder.settings.experiment_name) == (finished, "calm-bay")
    monkeypatch.setenv("HYDRO_OUTPUT", str(finished.parent))
    assert find_run("calm-bay", word_count.catalog)[0].path == finished
    with pytest.raises(SettingsError, match=r"no experiment in warm-bay and .*warm-bay"):
        find_run("warm-bay", word_count.catalog)


def test_the_tables_may_be_gone(finished: Path, word_count: Any) -> None:
    word_count.config.with_name("rows.csv").unlink()
    assert find_run(str(finished), word_count.catalog)[0].path == finished


@pytest.mark.parametrize("state", ["running", "failed", "stopped"])
def test_a_run_that_has_not_finished_is_refused(
    state: Any, finished: Path, word_count: Any
) -> None:
    RunFolder(finished).write_status(Status(state))
    with pytest.raises(ResourceError, match=f"is {state}, so there is no model to use"):
        find_run(str(finished), word_count.catalog)


def test_a_model_that_was_deleted_is_said(finished: Path, word_count: Any) -> None:
    shutil.rmtree(finished / "model")
    with pytest.raises(ResourceError, match="has no model/ any more"):
        find_run(str(finished), word_count.catalog)


def test_of_several_runs_the_best_is_taken_and_said(
    several: Callable[..., Path], word_count: Any, caplog: pytest.LogCaptureFixture
) -> None:
    folder = several(0.5, 0.25)
    with caplog.at_level(logging.INFO, "hydro"):
        run, _ = find_run(str(folder), word_count.catalog)
    assert run.path == folder / "runs" / "001"  # an error of words: the smaller, the better
    assert f"the best of several runs is taken: {run.path}, Error 0.2500" in caplog.text
    assert find_run(str(folder / "runs/000"), word_count.catalog)[0].name == "000"


def test_several_runs_that_have_not_all_finished_are_to_be_resumed(
    several: Callable[..., Path], word_count: Any
) -> None:
    folder = several(0.5, None)
    with pytest.raises(ResourceError, match=f"Go on with: hydro resume {folder}"):
        find_run(str(folder), word_count.catalog)

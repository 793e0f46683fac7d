"""An experiment of several runs trains each in a process of its own, and ranks them."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from hydro.errors import SettingsError, TrainingError
from hydro.experiment import resume

SUPPORT = Path(__file__).parents[1] / "support" / "wordcount"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let processes find the word count plugin as if it were installed."""
    site = tmp_path / "site"
    shutil.copytree(SUPPORT / "hydro_wordcount", site / "hydro_wordcount")
    facts = site / "hydro_wordcount-0.1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: hydro-wordcount\nVersion: 0.1\n")
    (facts / "entry_points.txt").write_text("[hydro.plugins]\nwordcount = hydro_wordcount\n")
    monkeypatch.setenv("PYTHONPATH", str(site))


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.usefixtures("installed")
def test_each_fold_has_a_model_and_all_rows_an_out_of_fold_prediction(word_count: Any) -> None:
    outcome = word_count.run("dataset.folds=[0, 2]", "experiment_name=two")
    (place,) = outcome.leaderboard
    scores = [read(outcome.folder / f"runs/{name}/scores.json") for name in ("000", "001")]
    after = [each["validation"]["metrics"]["Error"]["after"] for each in scores]
    assert place.scores == tuple(after)
    assert place.mean == pytest.approx(sum(after) / 2)
    assert read(outcome.folder / "status.json")["state"] == "finished"

    joined = rows(outcome.folder / "predictions/out_of_fold_predictions.csv")
    assert [row["held_out"] for row in joined] == [row["fold"] for row in joined]
    assert [int(row["row"]) for row in joined] == [row for row in range(40) if row % 4 in (0, 2)]

    # A run's own settings repeat it.
    config = outcome.folder / "runs/001/config.yaml"
    again = word_count.run(config=config)
    assert again.scores["validation"]["after"] == after[1]


@pytest.mark.usefixtures("installed")
def test_a_run_that_fails_leaves_the_others_and_is_run_again_by_resume(word_count: Any) -> None:
    search = "grid_search={learning_rate: [0.05, 1e30]}"
    experiment = word_count.prepare(search, "training.optimizer=SGD", "experiment_name=x")
    from hydro.experiment import run
    from hydro.progress import NoProgress

    with pytest.raises(TrainingError, match="1 of 2 runs failed: 001"):
        run(experiment, word_count.output, NoProgress())
    folder = word_count.output / "x"
    assert read(folder / "status.json")["state"] == "failed"
    assert [row["mean"] != "" for row in rows(folder / "leaderboard.csv")] == [True, False]
    whole = (folder / "runs/000/scores.json").stat().st_mtime_ns

    with pytest.raises(TrainingError, match="1 of 2 runs failed: 001"):
        resume(word_count.prepare(config=folder / "config.yaml"), folder)
    assert (folder / "runs/000/scores.json").stat().st_mtime_ns == whole
    assert "2 runs, 1 to do" in (folder / "log.txt").read_text(encoding="utf-8")


def test_a_single_run_is_not_resumed(word_count: Any) -> None:
    outcome = word_count.run("training.epochs=0")
    with pytest.raises(SettingsError, match="a single run"):
        resume(word_count.prepare(config=outcome.folder / "config.yaml"), outcome.folder)

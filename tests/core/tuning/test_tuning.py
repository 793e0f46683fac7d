"""An experiment of several runs trains each in a process of its own, and ranks them."""

import csv
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import read_status
from hydro.errors import TrainingError
from hydro.experiment.train import create_folder, open_folder, run
from hydro.training.progress import NoProgress


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let processes find the linear regression as if it were installed."""
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
    after = [each["validation"]["metrics"]["MAE"]["after"] for each in scores]
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
    with pytest.raises(TrainingError, match="1 of 2 runs failed: 001"):
        run(experiment, create_folder(experiment, word_count.output), NoProgress())
    folder = word_count.output / "x"
    assert read(folder / "status.json")["state"] == "failed"
    board = rows(folder / "leaderboard.csv")
    assert [row["state"] for row in board] == ["finished", "failed"]
    assert [row["mean"] != "" for row in board] == [True, False]
    whole = (folder / "runs/000/scores.json").stat().st_mtime_ns

    with pytest.raises(TrainingError, match="1 of 2 runs failed: 001"):
        experiment = word_count.prepare(config=folder / "config.yaml")
        run(experiment, open_folder(experiment, folder), NoProgress())
    assert (folder / "runs/000/scores.json").stat().st_mtime_ns == whole
    log = (folder / "log.txt").read_text(encoding="utf-8")
    assert "2 runs to train: 2 combinations on 1 fold; 0 of 2 done" in log
    assert "2 runs to train: 2 combinations on 1 fold; 1 of 2 done, best" in log


@pytest.mark.usefixtures("installed")
def test_two_processes_share_a_search_and_come_to_the_same_end(word_count: Any) -> None:
    lists = "grid_search={learning_rate: [0.01, 0.03, 0.05], batch_size: [4, 8]}"
    budget = ("search.strategy=TPE", "search.trials=3")
    settings = ("experiment_name=x", "environment.gpus=[]", lists, *budget)
    given = [part for each in settings for part in ("--set", each)]
    folder = word_count.output / "x"
    first = start("run", word_count.config, "--output", word_count.output, "--json", *given)
    wait_until(lambda: state(folder / "runs/000") != "queued", first)
    # While the first stands still it asks for nothing, so the others are for the second.
    first.send_signal(signal.SIGSTOP)
    second = start("resume", folder, "--json")
    wait_until(lambda: state(folder / "runs/002") == "finished", second)
    first.send_signal(signal.SIGCONT)
    ended = [json.loads(each.communicate(timeout=120)[0]) for each in (first, second)]

    assert ended[0]["leaderboard"] == ended[1]["leaderboard"] == read(folder / "leaderboard.json")
    assert [row["state"] for row in ended[0]["leaderboard"]] == ["finished"] * 3
    assert read(folder / "status.json")["state"] == "finished"
    logs = [each.read_text(encoding="utf-8") for each in (folder / "runs").glob("*/log.txt")]
    assert [log.count("after training") for log in logs] == [1, 1, 1]


def start(*arguments: Any) -> "subprocess.Popen[bytes]":
    """Start a command in a process of its own."""
    command = [sys.executable, "-m", "hydro.cli", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def state(folder: Path) -> str:
    """Give the state of a run that may not be there yet."""
    return read_status(RunFolder(folder)).state


def wait_until(happened: Callable[[], bool], running: "subprocess.Popen[bytes]") -> None:
    """Wait for something that a process does, for as long as it lives."""
    end = time.monotonic() + 120
    while not happened():
        assert running.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)

"""`hydro experiments` lists, shows, compares and deletes what was run."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hydro.artifacts.files import write_text
from hydro.artifacts.results import write_leaderboard, write_scores
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, write_status
from hydro.evaluation.predictions_file import write_predictions
from hydro.plugins.predictions import Predictions

Hydro = Callable[..., tuple[int, str, str]]
CONFIG = (
    "problem_type: text_metric_learning\nprediction: {metric: mAP}\ntraining: {epochs: EPOCHS}\n"
    "dataset: {train_dataframe: rows.csv, text_column: text, label_columns: label}\n"
)


def scores(after: float) -> dict[str, Any]:
    """Make the scores of a run."""
    return {
        "validation": {
            "metric": "mAP",
            "verdict": "better",
            "before": 0.25,
            "after": after,
            "change": after - 0.25,
            "change_interval": [0.1, 0.3],
            "rows": 20,
            "rows_left_out": 0,
            "seen_classes": None,
            "unseen_classes": None,
            "metrics": {"mAP": {"before": 0.25, "after": after}},
        }
    }


def made(output: Path, name: str, after: float, epochs: int = 1) -> RunFolder:
    """Make a finished experiment."""
    folder = RunFolder.create(output, name)
    write_text(folder.config, CONFIG.replace("EPOCHS", str(epochs)))
    frame = pd.DataFrame({"text": [f"text {row}" for row in range(20)]}, dtype="str")
    values = np.linspace(-0.1, 0.1, 20) + after
    write_predictions(
        folder.predictions,
        "validation",
        frame,
        Predictions({"mAP": values}, leave_one_out={"mAP": np.zeros((len(values), 2))}),
    )
    write_scores(folder, scores(after))
    write_status(folder, Status("finished", seconds=12.0))
    return folder


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where experiments are: two that have finished, one that failed."""
    folder = tmp_path / "runs"
    monkeypatch.setenv("HYDRO_OUTPUT", str(folder))
    monkeypatch.setenv("COLUMNS", "120")
    made(folder, "one", 0.5)
    made(folder, "two", 0.75, epochs=2)
    failed = RunFolder.create(folder, "three")
    write_text(failed.config, "problem_type: text_metric_learning\n")
    write_status(failed, Status("failed", "data", "no rows"))
    return folder


def test_experiments_are_listed_with_state_and_score(hydro: Hydro, output: Path) -> None:
    code, out, err = hydro("experiments", "list")
    assert (code, err) == (0, "")
    heading, *lines = out.splitlines()
    assert heading.split()[:7] == "name state problem metric before after seconds".split()
    found = {line.split()[0]: line.split() for line in lines}
    assert found["two"][1:7] == [
        "finished",
        "text_metric_learning",
        "mAP",
        "0.2500",
        "0.7500",
        "12",
    ]
    assert found["three"][1] == "failed"
    assert hydro("experiments")[1] == out


def test_a_program_gets_a_list(hydro: Hydro, output: Path) -> None:
    _, out, _ = hydro("experiments", "list", "--json")
    found = {each["name"]: each for each in json.loads(out)}
    assert found["one"]["after"] == 0.5
    assert (found["three"]["state"], found["three"]["after"]) == ("failed", None)
    assert found["three"]["message"] == "no rows"


def test_no_experiment_is_an_empty_list(hydro: Hydro, tmp_path: Path) -> None:
    code, out, err = hydro("experiments", "list", "--output", str(tmp_path / "none"))
    assert (code, out) == (0, "")
    assert "no experiment in" in err
    assert hydro("experiments", "list", "--output", str(tmp_path), "--json")[1] == "[]\n"


def test_a_damaged_experiment_hides_no_other(hydro: Hydro, output: Path) -> None:
    (output / "one/scores.json").write_text("{")
    (output / "three/config.yaml").write_text("- a list\n")
    code, out, err = hydro("experiments", "list")
    assert (code, out.count("finished")) == (0, 1)
    assert [line.split(" cannot be read")[0].split("/")[-1] for line in err.splitlines()] == [
        each for each in ("three", "one") if each in err
    ]
    assert len(err.splitlines()) == 2


def test_an_experiment_is_shown_with_its_scores_and_what_to_do(hydro: Hydro, output: Path) -> None:
    code, out, _ = hydro("experiments", "show", "two")
    assert code == 0
    assert out.startswith("two  text_metric_learning  finished  20")
    assert "mAP +0.5000: better" in out
    assert f'hydro search {output / "two"} "a text"' in out
    failed = hydro("experiments", "show", "three")[1]
    assert "failed (no rows)" in failed
    assert "use it" not in failed
    told = json.loads(hydro("experiments", "show", "two", "--json")[1])
    assert (told["after"], told["scores"]) == (0.75, scores(0.75))


def test_the_seed_is_shown_and_a_name_with_blanks_is_quoted(hydro: Hydro, output: Path) -> None:
    folder = made(output, "my run", 0.5)
    write_text(folder.config, CONFIG.replace("EPOCHS", "1") + "environment: {seed: 123}\n")
    out = hydro("experiments", "show", "my run")[1]
    assert "\nseed    123\n" in out
    assert f"hydro search '{output / 'my run'}' \"a text\"" in out
    assert json.loads(hydro("experiments", "show", "my run", "--json")[1])["seed"] == 123
    assert json.loads(hydro("experiments", "show", "two", "--json")[1])["seed"] is None
    assert "\nseed " not in hydro("experiments", "show", "two")[1]


def test_an_earlier_name_of_a_setting_is_no_difference(hydro: Hydro, output: Path) -> None:
    for name, key in (("old", "arcface_centres"), ("new", "arcface_init")):
        folder = made(output, name, 0.5)
        text = CONFIG.replace("EPOCHS}", f"1, {key}: Random}}")
        write_text(folder.config, text)
    told = json.loads(hydro("experiments", "compare", "old", "new", "--json")[1])
    assert told["settings"] == {}


def test_the_runs_of_a_search_are_shown(hydro: Hydro, output: Path) -> None:
    grid = RunFolder.create(output, "grid")
    write_text(grid.config, CONFIG.replace("EPOCHS", "1"))
    write_status(grid, Status("finished"))
    for name, after in (("000", 0.5), ("001", 0.625)):
        made(grid.path / "runs", name, after)
    write_leaderboard(grid, [{"runs": ["001"]}, {"runs": ["000"]}])
    out = hydro("experiments", "show", "grid")[1]
    assert "best combination: 001" in out
    assert [line.split()[0] for line in out.splitlines()[2:4]] == ["000", "001"]
    assert "grid (2 runs)" in hydro("experiments", "list")[1]
    told = json.loads(hydro("experiments", "show", "grid", "--json")[1])
    assert (told["after"], [each["name"] for each in told["runs"]]) == (0.625, ["000", "001"])
    assert hydro("experiments", "compare", "grid/runs/000", "grid")[0] == 0


def test_two_experiments_are_compared(hydro: Hydro, output: Path) -> None:
    code, out, err = hydro("experiments", "compare", "one", "two")
    assert (code, err) == (0, "")
    assert "training.epochs" in out
    assert "20 rows that both held out" in out
    (line,) = [line for line in out.splitlines() if "mAP" in line]
    assert "+0.2500 to +0.2500" in line
    assert "better" in line
    (found,) = json.loads(hydro("experiments", "compare", "two", "one", "--json")[1])["changes"]
    assert (found["verdict"], found["rows"]) == ("worse", 20)
    assert hydro("experiments", "compare", "one", "three")[0] == 6


def test_deleting_asks_somebody(hydro: Hydro, output: Path) -> None:
    code, _, err = hydro("experiments", "delete", "one")
    assert (code, "Add --yes" in err) == (2, True)
    assert (output / "one").exists()
    code, out, err = hydro("experiments", "delete", "one", "--yes")
    assert (code, out, err) == (0, "", f"deleted {output / 'one'}\n")
    assert sorted(each.name for each in output.iterdir()) == ["three", "two"]


@pytest.mark.parametrize(("answer", "code", "left"), [(b"n\n", 130, True), (b"y\n", 0, False)])
def test_the_answer_counts(answer: bytes, code: int, left: bool, output: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "hydro.cli", "experiments", "delete", "one"]
    process = subprocess.Popen(command, stdin=theirs, stderr=subprocess.PIPE)
    os.write(ours, answer)
    _, said = process.communicate()
    os.close(ours)
    os.close(theirs)
    assert (process.returncode, (output / "one").exists()) == (code, left)
    assert b"and all that hydro wrote in it? [y/N]" in said


def test_nothing_outside_is_deleted(hydro: Hydro, output: Path, tmp_path: Path) -> None:
    folder = made(tmp_path / "elsewhere", "one", 0.5)
    code, _, err = hydro("experiments", "delete", str(folder.path), "--yes")
    assert (code, "not an experiment right in" in err) == (6, True)
    assert folder.path.exists()

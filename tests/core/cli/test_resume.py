"""`hydro resume` goes on with an experiment, and says what it cannot go on with."""

import json
from collections.abc import Callable
from pathlib import Path

Hydro = Callable[..., tuple[int, str, str]]


def test_what_is_no_experiment_is_an_error(hydro: Hydro, tmp_path: Path) -> None:
    code, shown, said = hydro("resume", "calm", "--output", str(tmp_path))
    assert (code, shown) == (3, "")
    assert said.startswith(f"hydro: no experiment 'calm', neither in {tmp_path} nor as a folder")


def test_a_finished_experiment_shows_its_scores_again(
    hydro: Hydro, config: Path, tmp_path: Path
) -> None:
    output = ("--output", str(tmp_path / "runs"))
    changes = ("--set", "experiment_name=calm", "--set", "training.epochs=0.2")
    code, first, _ = hydro("run", str(config), *changes, *output, "--json")
    assert code == 0
    for name in ("calm", str(tmp_path / "runs/calm")):
        code, again, said = hydro("resume", name, *output, "--json")
        assert (code, json.loads(again)) == (0, json.loads(first))
        assert "calm has finished" in said


def test_an_experiment_and_its_table_may_both_have_moved(
    hydro: Hydro, config: Path, tmp_path: Path
) -> None:
    output = ("--output", str(tmp_path / "runs"))
    changes = ("--set", "experiment_name=calm", "--set", "training.epochs=0.2")
    code, first, _ = hydro("run", str(config), *changes, *output, "--json")
    assert code == 0
    scores = json.loads(first)["scores"]
    moved = (tmp_path / "runs/calm").rename(tmp_path / "moved")
    table = (tmp_path / "rows.csv").rename(tmp_path / "elsewhere.csv")
    path = moved / "status.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"state": "stopped"}))
    code, _, said = hydro("resume", str(moved))
    assert code == 3
    assert "is named by --set dataset.train_dataframe=FILE" in said
    named = ("--set", f"dataset.train_dataframe={table}")
    code, _, said = hydro("resume", str(moved), *named, "--set", "training.epochs=0.4")
    assert code == 3
    assert "training.epochs is 0.4, was 0.2" in said
    code, again, _ = hydro("resume", str(moved), *named, "--json")
    assert (code, json.loads(again)["scores"]) == (0, scores)
    assert str(table) in (moved / "config.yaml").read_text()
    assert hydro("resume", str(moved))[0] == 0

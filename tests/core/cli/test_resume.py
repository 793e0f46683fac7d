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

"""Tests of the files with environment, scores and leaderboard."""

import json

from hydro.artifacts.results import (
    has_scores,
    read_environment,
    read_leaderboard,
    read_scores,
    write_environment,
    write_leaderboard,
    write_scores,
)
from hydro.artifacts.run_folder import RunFolder


def test_scores_and_environment_read_back(folder: RunFolder) -> None:
    assert read_environment(folder) == {}
    assert not has_scores(folder)
    write_environment(folder, {"python": "3"})
    write_scores(folder, {"validation": {"after": 0.5}})
    assert read_environment(folder) == {"python": "3"}
    assert has_scores(folder)
    assert read_scores(folder) == {"validation": {"after": 0.5}}
    assert json.loads((folder.path / "scores.json").read_text()) == {"validation": {"after": 0.5}}
    assert json.loads((folder.path / "environment.json").read_text()) == {"python": "3"}


def test_a_leaderboard_is_written_for_programs_and_for_people(folder: RunFolder) -> None:
    assert read_leaderboard(folder) == []
    rows = [{"rate": 0.1, "mean": 0.5, "scores": [0.4, None]}]
    write_leaderboard(folder, rows)
    assert read_leaderboard(folder) == rows
    text = (folder.path / "leaderboard.csv").read_text()
    assert text == '"rate","mean","scores"\n0.1,0.5,"0.4 -"\n'

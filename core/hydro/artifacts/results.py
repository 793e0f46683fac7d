"""What a run ran on and what it achieved: its environment, its scores, a search's leaderboard."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydro.artifacts.files import JsonObject, write_csv, write_json
from hydro.artifacts.run_folder import RunFolder

MARKS = ("overstated", "selected")
"""Why a score may be too good: rows that were seen, or that chose what is scored."""

TRAINED_ON = "trained on these very rows"


def marks_of(scores: Mapping[str, Any]) -> dict[str, str]:
    """Return the marks of the scores of a split, by kind, with the reason."""
    return {mark: scores[mark] for mark in MARKS if scores.get(mark)}


def best_of(combinations: int) -> str:
    """Return why the score of the best of several combinations may be too good."""
    return f"the best of {combinations} combinations, chosen by the score of these rows"


def write_environment(folder: RunFolder, facts: Mapping[str, object]) -> None:
    """Write the versions, the device and the tables that the scores depend on."""
    write_json(_environment(folder), facts)


def read_environment(folder: RunFolder) -> JsonObject:
    """Return what the scores depended on when the run started; nothing before it did."""
    path = _environment(folder)
    facts: JsonObject = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return facts


def write_scores(folder: RunFolder, scores: Mapping[str, object]) -> None:
    """Write the scores of every split, before and after training."""
    write_json(_scores(folder), scores)


def read_scores(folder: RunFolder) -> JsonObject:
    """Return the scores of a run that has finished."""
    scores: JsonObject = json.loads(_scores(folder).read_text(encoding="utf-8"))
    return scores


def has_scores(folder: RunFolder) -> bool:
    """Return whether a run has written its scores."""
    return _scores(folder).exists()


def write_leaderboard(folder: RunFolder, rows: Sequence[Mapping[str, object]]) -> None:
    """Write the combinations of a search, best first, as JSON and as CSV."""
    import pandas as pd

    write_json(_leaderboard(folder), rows)
    flat = [{name: _join_list(value) for name, value in row.items()} for row in rows]
    write_csv(_leaderboard(folder).with_suffix(".csv"), pd.DataFrame(flat))


def read_leaderboard(folder: RunFolder) -> list[JsonObject]:
    """Return the combinations of a search, best first; none without a leaderboard."""
    path = _leaderboard(folder)
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def _environment(folder: RunFolder) -> Path:
    return folder.path / "environment.json"


def _scores(folder: RunFolder) -> Path:
    return folder.path / "scores.json"


def _leaderboard(folder: RunFolder) -> Path:
    return folder.path / "leaderboard.json"


def _join_list(value: Any) -> Any:
    """Return a list as words with spaces between them."""
    if not isinstance(value, list):
        return value
    return " ".join("-" if each is None else str(each) for each in value)

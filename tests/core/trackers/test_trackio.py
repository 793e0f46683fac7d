"""Trackio reads back the metrics and the settings."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

READ = """
import json, sys
from trackio.sqlite_storage import SQLiteStorage
(project,) = SQLiteStorage.get_projects()
(run,) = SQLiteStorage.get_runs(project)
print(json.dumps({
    "project": project,
    "run": run,
    "config": SQLiteStorage.get_run_config(project, run),
    "metrics": SQLiteStorage.get_logs(project, run),
}))
"""


def read(folder: Path) -> Any:
    """Read the one run with Trackio itself, which looks for its folder on import."""
    environment = os.environ | {"TRACKIO_DIR": str(folder / "trackio")}
    command = [sys.executable, "-c", READ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_metrics_and_settings_are_in_the_database_under_the_project_that_is_set(
    log_run: Any,
) -> None:
    found = read(log_run("Trackio", "trackio", "logging.trackio_project=mine"))
    assert (found["project"], found["run"]) == ("mine", "calm")
    rows = found["metrics"]
    losses = [(each["step"], each["training/loss"]) for each in rows if "training/loss" in each]
    assert losses == [(16, 2.5), (32, 1.5)]
    scores = [each.get("scores/validation/Precision@1/after") for each in rows]
    assert [each for each in scores if each is not None] == [0.75]
    assert found["config"]["training.epochs"] == 5

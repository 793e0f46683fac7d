"""MLflow reads back the metrics, the settings and how the run ended."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from hydro.trackers.mlflow import metric_name

READ = """
import json, sys
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
experiment = client.get_experiment_by_name(sys.argv[2])
(run,) = client.search_runs([experiment.experiment_id])
history = client.get_metric_history(run.info.run_id, "training/loss")
print(json.dumps({
    "run": [run.info.run_name, run.info.status],
    "parameters": run.data.params,
    "metrics": run.data.metrics,
    "losses": [(each.step, each.value) for each in history],
}))
"""


def read(folder: Path, experiment: str) -> Any:
    """Read the one run with MLflow itself, which is not to change this process."""
    address = f"sqlite:///{folder / 'mlflow' / 'mlflow.db'}"
    command = [sys.executable, "-c", READ, address, experiment]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_metrics_and_settings_are_in_a_database(log_run: Any) -> None:
    found = read(log_run("MLflow", "mlflow"), "hydro")
    assert found["run"] == ["calm", "FINISHED"]
    assert found["losses"] == [[16, 2.5], [32, 1.5]]
    assert found["metrics"]["scores/validation/Precision at 1/after"] == 0.75
    assert found["parameters"]["training.epochs"] == "5.0"
    assert found["parameters"]["folds"] == "['0']"


def test_a_failed_run_is_logged_as_failed_in_the_experiment_that_is_set(log_run: Any) -> None:
    folder = log_run("MLflow", "mlflow", "logging.mlflow_experiment=mine", failed=True)
    assert read(folder, "mine")["run"] == ["calm", "FAILED"]


def test_metric_names_have_the_characters_that_mlflow_allows() -> None:
    assert metric_name("scores/test/MAP@R/after") == "scores/test/MAP at R/after"
    assert metric_name("validation/F1 (macro)") == "validation/F1 -macro-"

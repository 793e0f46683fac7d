"""MLflow's database holds the metrics, the settings and how the run ended."""

import sqlite3
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest

from hydro.trackers.mlflow import MLflow, metric_name


def test_metrics_and_settings_are_in_the_database_under_the_experiment_that_is_set(
    log_run: Any,
) -> None:
    folder = log_run("MLflow", "mlflow", "logging.mlflow_experiment=mine")
    with closing(sqlite3.connect(folder / "mlflow" / "mlflow.db")) as database:
        runs = database.execute(
            "SELECT runs.name, status, experiments.name FROM runs "
            "JOIN experiments USING (experiment_id)"
        ).fetchall()
        metrics = database.execute("SELECT key, step, value FROM metrics").fetchall()
        parameters = dict(database.execute("SELECT key, value FROM params").fetchall())
    assert runs == [("calm", "FINISHED", "mine")]
    losses = [(step, value) for key, step, value in metrics if key == "training/loss"]
    assert sorted(losses) == [(16, 2.5), (32, 1.5)]
    assert ("scores/validation/Precision at 1/after", 32, 0.75) in metrics
    assert parameters["training.epochs"] == "5.0"
    assert parameters["folds"] == "['0']"


@pytest.mark.parametrize(("failed", "status"), [(False, "FINISHED"), (True, "FAILED")])
def test_a_run_is_ended_with_its_status(failed: bool, status: str) -> None:
    tracker, ended = MLflow("calm", ".", "hydro"), []
    tracker.run = SimpleNamespace(run_id="7")
    tracker.client = SimpleNamespace(set_terminated=lambda run, status: ended.append((run, status)))
    tracker.close(failed=failed)
    assert ended == [("7", status)]


def test_metric_names_have_the_characters_that_mlflow_allows() -> None:
    assert metric_name("scores/test/MAP@R/after") == "scores/test/MAP at R/after"
    assert metric_name("validation/F1 (macro)") == "validation/F1 -macro-"

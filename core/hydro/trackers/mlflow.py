"""MLflow: logs to MLFLOW_TRACKING_URI, else to a database in the run's folder."""

import os
import re
import time
from collections.abc import Mapping
from pathlib import Path

from hydro.settings.fields import Section, setting
from hydro.settings.sections import Settings
from hydro.trackers.subprocess_tracker import SubprocessTracker
from hydro.trackers.tracker import Tracker

PARAMS_PER_REQUEST = 100
"""Parameters that MLflow accepts in one request."""


class MLflowSettings(Section):
    """Settings of the MLflow tracker."""

    mlflow_experiment: str = setting(
        "hydro",
        help="MLflow experiment that the run is logged to.",
        level="expert",
        min_length=1,
    )


def build(settings: Settings, *, name: str, folder: Path) -> Tracker:
    """Build the tracker.

    Raises:
        PluginError: the package is not installed.
    """
    experiment = settings.of(MLflowSettings).mlflow_experiment
    return SubprocessTracker(
        "mlflow", MLflow, name=name, folder=folder / "mlflow", experiment=experiment
    )


class MLflow(Tracker):
    """Logs parameters and metrics to a server or a database."""

    def __init__(self, name: str, folder: str, experiment: str) -> None:
        self.name, self.folder, self.experiment = name, Path(folder), experiment

    def start(self, parameters: Mapping[str, object]) -> None:
        """Create the run, and its experiment if it does not exist."""
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        # MLflow's default of seven takes minutes to notice that a server is down.
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
        from mlflow import MlflowClient
        from mlflow.entities import Param

        address, artifacts = os.environ.get("MLFLOW_TRACKING_URI"), None
        if not address:
            self.folder.mkdir(exist_ok=True)
            address = f"sqlite:///{self.folder / 'mlflow.db'}"
            artifacts = (self.folder / "artifacts").as_uri()
        self.client = MlflowClient(address)
        self.run = self.client.create_run(self._experiment(artifacts), run_name=self.name).info
        listed = [Param(name, str(value)) for name, value in parameters.items()]
        for start in range(0, len(listed), PARAMS_PER_REQUEST):
            self.client.log_batch(
                self.run.run_id, params=listed[start : start + PARAMS_PER_REQUEST]
            )

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Log metrics."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [Metric(metric_name(name), value, now, step) for name, value in values.items()]
        self.client.log_batch(self.run.run_id, metrics=metrics)

    def close(self, *, failed: bool) -> None:
        """End the run as finished or failed."""
        self.client.set_terminated(self.run.run_id, "FAILED" if failed else "FINISHED")

    def _experiment(self, artifacts: str | None) -> str:
        from mlflow import MlflowException

        found = self.client.get_experiment_by_name(self.experiment)
        if found is None:
            try:
                return str(self.client.create_experiment(self.experiment, artifacts))
            except MlflowException:
                # Another run may have created it meanwhile.
                found = self.client.get_experiment_by_name(self.experiment)
                if found is None:
                    raise
        return str(found.experiment_id)


def metric_name(name: str) -> str:
    """Return the name of a metric in the characters that MLflow allows: ``Precision at 1``."""
    return re.sub(r"[^\w. :/-]", "-", name.replace("@", " at "))

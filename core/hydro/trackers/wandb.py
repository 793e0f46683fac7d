"""Weights & Biases: logs where its environment variables say, else offline in the run's folder."""

import os
from collections.abc import Mapping
from pathlib import Path

from hydro.settings.fields import Section, setting
from hydro.settings.sections import Settings
from hydro.trackers.subprocess_tracker import SubprocessTracker
from hydro.trackers.tracker import Tracker

ONLINE = ("WANDB_MODE", "WANDB_API_KEY", "WANDB_BASE_URL")
"""Environment variables that turn offline mode off."""


class WandbSettings(Section):
    """Settings of the Weights & Biases tracker."""

    wandb_project: str = setting(
        "hydro",
        help="Weights & Biases project that the run is logged to.",
        level="expert",
        min_length=1,
    )


def build(settings: Settings, *, name: str, folder: Path) -> Tracker:
    """Build the tracker.

    Raises:
        PluginError: the package is not installed.
    """
    project = settings.of(WandbSettings).wandb_project
    return SubprocessTracker("wandb", WeightsAndBiases, name=name, folder=folder, project=project)


class WeightsAndBiases(Tracker):
    """Logs a config and a history; ``wandb sync`` uploads an offline run later."""

    def __init__(self, name: str, folder: str, project: str) -> None:
        self.name, self.folder, self.project = name, folder, project

    def start(self, parameters: Mapping[str, object]) -> None:
        """Create the run; the client writes below the folder ``wandb``."""
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        os.environ.setdefault("WANDB_CACHE_DIR", str(Path(self.folder) / "wandb" / "cache"))
        os.environ.setdefault("WANDB_DIR", self.folder)
        import wandb

        online = any(os.environ.get(name) for name in ONLINE)
        self.run = wandb.init(
            project=self.project,
            name=self.name,
            config=dict(parameters),
            mode=None if online else "offline",
            # Output, source code and machine information are not logged.
            settings=wandb.Settings(
                silent=True,
                console="off",
                disable_code=True,
                disable_git=True,
                disable_job_creation=True,
                x_disable_machine_info=True,
                x_disable_meta=True,
                x_disable_stats=True,
            ),
        )
        self.run.define_metric("samples")
        self.run.define_metric("*", step_metric="samples")

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Log metrics over the samples seen."""
        self.run.log({**values, "samples": step}, step=step)

    def close(self, *, failed: bool) -> None:
        """End the run as finished or failed."""
        self.run.finish(exit_code=int(failed))

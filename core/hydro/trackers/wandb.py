"""Weights & Biases: figures go where its own variables say, else to a file in the folder."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hydro.settings.fields import Section, setting
from hydro.settings.sections import Settings
from hydro.trackers.subprocess_tracker import SubprocessTracker
from hydro.trackers.tracker import Tracker

ONLINE = ("WANDB_MODE", "WANDB_API_KEY", "WANDB_BASE_URL")
"""Environment variables that ask for more than a file."""

QUIET = {
    "silent": True,
    "console": "off",
    "disable_code": True,
    "disable_git": True,
    "disable_job_creation": True,
    "x_disable_machine_info": True,
    "x_disable_meta": True,
    "x_disable_stats": True,
}
"""Neither what is printed, nor the source, nor the machine is anybody's business."""


class WandbSettings(Section):
    """What a run of Weights & Biases belongs to."""

    wandb_project: str = setting(
        "hydro",
        help="The project of Weights & Biases that figures go to.",
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
    """Logs a config and a history; ``wandb sync`` sends later what was kept offline."""

    def __init__(self, name: str, folder: str, project: str) -> None:
        self.name, self.folder, self.project = name, folder, project

    def start(self, parameters: Mapping[str, Any]) -> None:
        """Begin the run; its files are below ``wandb``, which the client makes."""
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        os.environ.setdefault("WANDB_CACHE_DIR", str(Path(self.folder) / "wandb" / "cache"))
        os.environ.setdefault("WANDB_DIR", self.folder)
        import wandb

        asked = any(os.environ.get(name) for name in ONLINE)
        mode = {} if asked else {"mode": "offline"}
        self.run = wandb.init(
            project=self.project,
            name=self.name,
            config=dict(parameters),
            settings=wandb.Settings(**QUIET, **mode),
        )
        self.run.define_metric("samples")
        self.run.define_metric("*", step_metric="samples")

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Log figures over the samples seen."""
        self.run.log({**values, "samples": step}, step=step)

    def close(self, *, failed: bool) -> None:
        """End the run as finished or failed."""
        self.run.finish(exit_code=int(failed))

"""Trackio: logs where its environment variables say, else to a database in the run's folder."""

import os
from collections.abc import Mapping
from pathlib import Path

from hydro.settings.fields import Section, setting
from hydro.settings.sections import Settings
from hydro.trackers.subprocess_tracker import SubprocessTracker
from hydro.trackers.tracker import Tracker


class TrackioSettings(Section):
    """Settings of the Trackio tracker."""

    trackio_project: str = setting(
        "hydro",
        help="Trackio project that the run is logged to.",
        level="expert",
        min_length=1,
    )


def build(settings: Settings, *, name: str, folder: Path) -> Tracker:
    """Build the tracker.

    Raises:
        PluginError: the package is not installed.
    """
    project = settings.of(TrackioSettings).trackio_project
    return SubprocessTracker(
        "trackio", Trackio, name=name, folder=folder / "trackio", project=project
    )


class Trackio(Tracker):
    """Logs a config and metrics."""

    def __init__(self, name: str, folder: str, project: str) -> None:
        self.name, self.folder, self.project = name, folder, project

    def start(self, parameters: Mapping[str, object]) -> None:
        """Create the run."""
        os.environ.setdefault("TRACKIO_DIR", self.folder)
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        import trackio

        self.run = trackio.init(
            self.project,
            self.name,
            config=dict(parameters),
            embed=False,
            auto_log_cpu=False,
            auto_log_gpu=False,
        )

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Log metrics; the step is the samples seen."""
        self.run.log(dict(values), step=step)

    def close(self, *, failed: bool) -> None:
        """End the run; Trackio cannot mark it as failed."""
        self.run.finish()

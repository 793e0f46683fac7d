"""Neptune: figures go to files in the folder, or to the server that NEPTUNE_MODE asks for."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hydro.settings.sections import Settings
from hydro.trackers.subprocess_tracker import SubprocessTracker
from hydro.trackers.tracker import Tracker

QUIET: dict[str, Any] = {
    "capture_stdout": False,
    "capture_stderr": False,
    "capture_hardware_metrics": False,
    "capture_traceback": False,
    "git_ref": False,
    "source_files": [],
}
"""Neither what is printed, nor the source, nor the machine is anybody's business."""


def build(settings: Settings, *, name: str, folder: Path) -> Tracker:
    """Build the tracker. The hosted service is closed, so no server is looked for unasked.

    Raises:
        PluginError: the package is not installed.
    """
    project = settings.logging.neptune_project
    return SubprocessTracker(
        "neptune", Neptune, name=name, folder=folder / "neptune", project=project
    )


class Neptune(Tracker):
    """Logs parameters and series; ``neptune sync`` sends later what was kept offline."""

    def __init__(self, name: str, folder: str, project: str) -> None:
        self.name, self.folder, self.project = name, Path(folder), project

    def start(self, parameters: Mapping[str, Any]) -> None:
        """Begin the run."""
        # The client writes below the working folder, and nowhere else.
        self.folder.mkdir(exist_ok=True)
        os.chdir(self.folder)
        import neptune

        self.run = neptune.init_run(
            project=self.project or None,
            mode=os.environ.get("NEPTUNE_MODE") or "offline",
            name=self.name,
            **QUIET,
        )
        if self.project:
            # What is kept offline has no place for it.
            self.run["project"] = self.project
        for name, value in parameters.items():
            known = isinstance(value, bool | int | float | str)
            self.run[f"parameters/{name.replace('.', '/')}"] = value if known else str(value)

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Add to series over the samples seen."""
        for name, value in values.items():
            self.run[name].append(value, step=step)

    def close(self, *, failed: bool) -> None:
        """End the run as finished or failed."""
        self.run["sys/failed"] = failed
        self.run.stop()

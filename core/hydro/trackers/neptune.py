"""Neptune: logs offline in the run's folder, or to a server as NEPTUNE_MODE says."""

import os
from collections.abc import Mapping
from pathlib import Path

from hydro.settings.sections import Settings
from hydro.trackers.subprocess_tracker import SubprocessTracker
from hydro.trackers.tracker import Tracker

QUIET: dict[str, bool | list[str]] = {
    "capture_stdout": False,
    "capture_stderr": False,
    "capture_hardware_metrics": False,
    "capture_traceback": False,
    "git_ref": False,
    "source_files": [],
}
"""Output, source code and hardware metrics are not logged."""


def build(settings: Settings, *, name: str, folder: Path) -> Tracker:
    """Build the tracker; offline by default, since the hosted service is closed.

    Raises:
        PluginError: the package is not installed.
    """
    project = settings.logging.neptune_project
    return SubprocessTracker(
        "neptune", Neptune, name=name, folder=folder / "neptune", project=project
    )


class Neptune(Tracker):
    """Logs parameters and series; ``neptune sync`` uploads an offline run later."""

    def __init__(self, name: str, folder: str, project: str) -> None:
        self.name, self.folder, self.project = name, Path(folder), project

    def start(self, parameters: Mapping[str, object]) -> None:
        """Create the run."""
        # The client always writes below the working folder.
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
            # An offline run does not keep it.
            self.run["project"] = self.project
        for name, value in parameters.items():
            supported = isinstance(value, bool | int | float | str)
            self.run[f"parameters/{name.replace('.', '/')}"] = value if supported else str(value)

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Append to series; the step is the samples seen."""
        for name, value in values.items():
            self.run[name].append(value, step=step)

    def close(self, *, failed: bool) -> None:
        """End the run as finished or failed."""
        self.run["sys/failed"] = failed
        self.run.stop()

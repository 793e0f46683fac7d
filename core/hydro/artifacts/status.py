"""The state of a run, ``status.json``, in words that programs can rely on."""

import dataclasses
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from hydro.artifacts.files import write_json
from hydro.artifacts.run_folder import RunFolder
from hydro.errors import HydroError

State = Literal["queued", "running", "stopped", "finished", "failed"]


@dataclass(frozen=True)
class Status:
    """The state of an experiment, and why it is in it."""

    state: State
    reason: str = ""
    """For a failed one: settings, data, plugin, model, resources, training, metric or bug."""
    message: str = ""
    seconds: float | None = None
    """How long it took, once it has ended."""

    @property
    def error(self) -> HydroError:
        """Return the error that a run which has not finished ended with."""
        name, _, said = self.message.partition(": ")
        for kind in HydroError.__subclasses__():
            if kind.__name__ == name:
                return kind(said)
        return HydroError(f"the run {self.state}: {self.message}. Its log.txt says more")


def write_status(folder: RunFolder, status: Status) -> None:
    """Write the state of a run that this process works on."""
    time = datetime.now(UTC).isoformat(timespec="seconds")
    write_json(_path(folder), {**dataclasses.asdict(status), "pid": os.getpid(), "time": time})


def read_status(folder: RunFolder) -> Status:
    """Return the state that was written last; queued before any was."""
    values = _read(folder)
    if not values:
        return Status("queued")
    return Status(**{each.name: values[each.name] for each in dataclasses.fields(Status)})


def status_time(folder: RunFolder) -> str:
    """Return when the state was written, in UTC; nothing before any was."""
    return str(_read(folder).get("time", ""))


def is_running(folder: RunFolder) -> bool:
    """Return whether another process that wrote the status still runs."""
    values = _read(folder)
    if values.get("state") != "running":
        return False
    pid: int = values["pid"]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid != os.getpid()


def _path(folder: RunFolder) -> Path:
    return folder.path / "status.json"


def _read(folder: RunFolder) -> dict[str, Any]:
    path = _path(folder)
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return values

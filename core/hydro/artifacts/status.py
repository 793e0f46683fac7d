"""The state of a run, ``status.json``, in words that programs can rely on."""

import dataclasses
import json
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal, Self

from hydro import errors
from hydro.artifacts.deletion import is_locked
from hydro.artifacts.files import JsonObject, write_json
from hydro.artifacts.layout import LOCKS
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
    error_type: str = ""
    """The class of the error that a failed one ended with."""

    @classmethod
    def failed(cls, error: BaseException, seconds: float | None = None) -> Self:
        """Return the state of a run that an error ended."""
        kind = type(error).__name__
        if isinstance(error, HydroError):
            return cls("failed", error.reason, str(error), seconds, kind)
        return cls("failed", "bug", f"{kind}: {error}", seconds, kind)

    @property
    def error(self) -> HydroError:
        """Return the error that a run which has not finished ended with."""
        kind = getattr(errors, self.error_type, None)
        if isinstance(kind, type) and issubclass(kind, HydroError):
            return kind(self.message)
        return HydroError(f"the run {self.state}: {self.message}. Its log.txt says more")


def write_status(folder: RunFolder, status: Status) -> None:
    """Write the state of a run that this process works on, which marks the folder as hydro's."""
    time = datetime.now(UTC).isoformat(timespec="seconds")
    process = {"pid": os.getpid(), "host": socket.gethostname(), "time": time}
    own = {"hydro": version("hydro-experiments")}
    write_json(_path(folder), {**dataclasses.asdict(status), **process, **own})


def read_status(folder: RunFolder) -> Status:
    """Return the state that was written last; queued before any was."""
    values = _read(folder)
    if not values:
        return Status("queued")
    # Earlier versions wrote no type of the error.
    known = {each.name for each in dataclasses.fields(Status)}
    return Status(**{name: value for name, value in values.items() if name in known})


def status_time(folder: RunFolder) -> str:
    """Return when the state was written, in UTC; nothing before any was."""
    return str(_read(folder).get("time", ""))


def is_running(folder: RunFolder) -> bool:
    """Return whether a process works in the folder: whether one holds a lock there.

    The system frees the locks of a process that is gone, and knows those of other containers.
    """
    return any(is_locked(folder.path / name) for name in LOCKS)


def _path(folder: RunFolder) -> Path:
    return folder.path / "status.json"


def _read(folder: RunFolder) -> JsonObject:
    path = _path(folder)
    values: JsonObject = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return values

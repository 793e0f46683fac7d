"""Keeps the client of a tracker in a process of its own."""

import atexit
import json
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hydro.errors import PluginError
from hydro.trackers.tracker import Tracker


class SubprocessTracker(Tracker):
    """Hands everything on to a tracker in another process, as lines of JSON.

    A client's imports, threads, prints, environment and hooks for the exit are not the run's.
    """

    def __init__(self, package: str, tracker: type[Tracker], **options: str | Path) -> None:
        """Check that there is the client's ``package``, which is also the name of hydro's extra.

        Raises:
            PluginError: it is not installed.
        """
        if find_spec(package) is None:
            msg = (
                f"{tracker.__name__} needs the package '{package}', which is not installed. "
                f"Run: pip install 'hydro-experiments[{package}]'"
            )
            raise PluginError(msg)
        self.tracker, self.options = tracker, options

    def start(self, parameters: Mapping[str, Any]) -> None:
        """Start the process and the tracker in it."""
        # -P: no file of the working folder is taken for the client.
        place = (self.tracker.__module__, self.tracker.__qualname__)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "hydro.trackers.subprocess_child", *place],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        atexit.register(self.process.kill)
        self._send(self.options)
        self._send(["start", {"parameters": parameters}])

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Hand on figures."""
        self._send(["log", {"values": values, "step": step}])

    def close(self, *, failed: bool) -> None:
        """Wait until the process has ended."""
        self._send(["close", {"failed": failed}])
        self._end()

    def _send(self, message: Any) -> None:
        assert self.process.stdin
        try:
            self.process.stdin.write(json.dumps(message, default=str) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            self._end()

    def _end(self) -> None:
        """Wait for the process, and raise what it ended with."""
        said, _ = self.process.communicate()
        atexit.unregister(self.process.kill)
        if self.process.returncode:
            raise RuntimeError(said.strip() or f"exit code {self.process.returncode}")

"""Run a tracker's client in a process of its own."""

import atexit
import json
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from hydro.errors import PluginError
from hydro.trackers.tracker import Tracker


class SubprocessTracker(Tracker):
    """Sends each call to a tracker in another process, as a line of JSON.

    So what a client does to its process (imports, threads, output, working folder, environment,
    hooks at the exit) does not touch the run.
    """

    def __init__(self, package: str, tracker: type[Tracker], **options: str | Path) -> None:
        """Check that the client's ``package``, also the name of hydro's extra, is installed.

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

    def start(self, parameters: Mapping[str, object]) -> None:
        """Start the process and the tracker in it."""
        # -P: no file of the working folder is imported in place of the client.
        target = (self.tracker.__module__, self.tracker.__qualname__)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "hydro.trackers.subprocess_child", *target],
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
        """Send metrics."""
        self._send(["log", {"values": values, "step": step}])

    def close(self, *, failed: bool) -> None:
        """Wait until the process has ended."""
        self._send(["close", {"failed": failed}])
        self._wait()

    def _send(self, message: object) -> None:
        assert self.process.stdin
        try:
            self.process.stdin.write(json.dumps(message, default=str) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            self._wait()

    def _wait(self) -> None:
        """Wait for the process, and raise its error if it failed."""
        error, _ = self.process.communicate()
        atexit.unregister(self.process.kill)
        if self.process.returncode:
            raise RuntimeError(error.strip() or f"exit code {self.process.returncode}")

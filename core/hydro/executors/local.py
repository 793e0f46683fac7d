"""Run tasks on this machine, each in a process that sees only its own GPUs."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import IO

from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, read_status, write_status

Slot = tuple[str, ...]
"""The GPUs of one run; empty for the CPU."""


def slots(gpus: Sequence[str], per_run: int) -> list[Slot]:
    """Divide the GPUs into slots; without GPUs there is one slot, on the CPU.

    GPUs that are left over stay idle. Where CUDA_VISIBLE_DEVICES hides some of the machine's GPUs
    from this process, they are hidden from its runs as well.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = visible.split(",") if visible else None
    seen = [names[int(gpu)] if names else gpu for gpu in gpus]
    ends = range(per_run, len(seen) + 1, per_run)
    return [tuple(seen[end - per_run : end]) for end in ends] or [()]


ShouldStop = Callable[[], bool]
"""Called periodically while a run trains; returns whether to stop it."""

Train = Callable[[Path, ShouldStop], None]
"""Trains the run of a folder on a slot, in a new process."""

Task = Callable[[Train], None]
"""Work for one slot: some runs, one after another."""

POLL_SECONDS = 0.5
"""Seconds between two checks of a run that trains."""


class Interrupted(Exception):
    """Ends a task whose run was stopped because the executor stops."""


@dataclass
class LocalExecutor:
    """Executes tasks on slots, one at a time on each."""

    slots: Sequence[Slot]
    running: set["subprocess.Popen[bytes]"] = field(default_factory=set)
    stopped: bool = False
    lock: Lock = field(default_factory=Lock)

    def run(self, tasks: Iterator[Task]) -> None:
        """Execute the tasks, each requested when a slot is free.

        A run that fails does not stop the others. An interruption of this process stops them all.
        """
        try:
            with ThreadPoolExecutor(len(self.slots)) as threads:
                try:
                    for each in as_completed(
                        [threads.submit(self._run_tasks, slot, tasks) for slot in self.slots]
                    ):
                        each.result()
                except BaseException:
                    self._stop()
                    raise
        except BaseException:
            # Interrupted again while the runs saved their checkpoints.
            self._stop()
            raise

    def _run_tasks(self, slot: Slot, tasks: Iterator[Task]) -> None:
        """Execute one task after another on a slot."""
        while not self.stopped:
            with self.lock:
                task = next(tasks, None)
            if task is None:
                return
            with suppress(Interrupted):
                task(partial(self._train, slot))

    def _train(self, slot: Slot, folder: Path, should_stop: ShouldStop) -> None:
        if self.stopped:
            raise Interrupted
        run = RunFolder(folder)
        command = [sys.executable, "-m", "hydro.cli", "work", str(folder)]
        environment = os.environ | ({"CUDA_VISIBLE_DEVICES": ",".join(slot)} if slot else {})
        # Runs have their own logs; on the terminal their output would interleave.
        with TemporaryFile() as stderr:
            process = subprocess.Popen(
                command,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                # Ctrl-C reaches this process alone, which passes it on once.
                process_group=0,
            )
            self.running.add(process)
            if self.stopped:
                process.terminate()
            try:
                code = _wait(process, should_stop)
            finally:
                self.running.discard(process)
            last = _last_line(stderr)
        wanted, state = not should_stop(), read_status(run).state
        if self.stopped or (wanted and state == "stopped"):
            raise Interrupted
        if state in ("queued", "running"):
            died = f"its process ended with exit code {code} without an error message{last}"
            write_status(run, Status("failed", "process", died))

    def _stop(self) -> None:
        self.stopped = True
        for process in list(self.running):
            process.terminate()


def _wait(process: "subprocess.Popen[bytes]", should_stop: ShouldStop) -> int:
    """Wait for a process; terminate it when ``should_stop`` returns true."""
    terminated = False
    while True:
        try:
            return process.wait(POLL_SECONDS)
        except subprocess.TimeoutExpired:
            # Once: a second signal would keep it from saving a checkpoint.
            if not terminated and should_stop():
                process.terminate()
                terminated = True


def _last_line(stderr: IO[bytes]) -> str:
    """Return the last line of a process' output, to append to a message."""
    stderr.seek(0)
    lines = stderr.read().decode("utf-8", "replace").strip().splitlines()
    return f": {lines[-1]}" if lines else ""

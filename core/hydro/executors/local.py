"""Puts runs on devices, each in a process of its own that sees only its own GPUs."""

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
"""The GPUs of one run; none for the CPU."""


def slots(gpus: Sequence[str], per_run: int) -> list[Slot]:
    """Cut the GPUs into slots; one run at a time goes to the CPU where there is none.

    GPUs that are left over stay idle.
    What this process itself may see of the machine's GPUs, its runs see by the same names.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = visible.split(",") if visible else None
    seen = [names[int(gpu)] if names else gpu for gpu in gpus]
    ends = range(per_run, len(seen) + 1, per_run)
    return [tuple(seen[end - per_run : end]) for end in ends] or [()]


ShouldStop = Callable[[], bool]
"""Called every now and then while a run trains; tells whether it is to be stopped."""

Train = Callable[[Path, ShouldStop], None]
"""Trains the run of a folder on a slot, in a process of its own."""

Task = Callable[[Train], None]
"""Work for one slot: some runs, one after another."""

POLL_SECONDS = 0.5
"""How often a run that trains is looked at."""


class Interrupted(Exception):
    """Unwinds a task whose run was stopped because all are."""


@dataclass
class LocalExecutor:
    """Tasks that wait for a slot, and the runs that have one."""

    slots: Sequence[Slot]
    running: set["subprocess.Popen[bytes]"] = field(default_factory=set)
    stopped: bool = False
    lock: Lock = field(default_factory=Lock)

    def run(self, tasks: Iterator[Task]) -> None:
        """Do the tasks, each when a slot is free for it; the next is asked for only then.

        A run that fails does not stop the others. What interrupts this process stops them all.
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
            # Interrupted once more while the runs were saving what they had.
            self._stop()
            raise

    def _run_tasks(self, slot: Slot, tasks: Iterator[Task]) -> None:
        """Do one task after another on a slot."""
        while not self.stopped:
            with self.lock:
                task = next(tasks, None)
            if task is None:
                return
            with suppress(Interrupted):
                task(partial(self._train, slot))

    def _train(self, slot: Slot, folder: Path, watch: ShouldStop) -> None:
        if self.stopped:
            raise Interrupted
        run = RunFolder(folder)
        command = [sys.executable, "-m", "hydro.cli", "work", str(folder)]
        environment = os.environ | ({"CUDA_VISIBLE_DEVICES": ",".join(slot)} if slot else {})
        # What runs say is in their logs; on the screen they would write over each other.
        with TemporaryFile() as said:
            process = subprocess.Popen(
                command,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=said,
                # Ctrl-C reaches this process alone, which passes it on once.
                process_group=0,
            )
            self.running.add(process)
            if self.stopped:
                process.terminate()
            try:
                code = _wait(process, watch)
            finally:
                self.running.discard(process)
            last = _last_line(said)
        wanted, state = not watch(), read_status(run).state
        if self.stopped or (wanted and state == "stopped"):
            raise Interrupted
        if state in ("queued", "running"):
            died = f"its process ended with exit code {code} before it could say why{last}"
            write_status(run, Status("failed", "process", died))

    def _stop(self) -> None:
        self.stopped = True
        for process in list(self.running):
            process.terminate()


def _wait(process: "subprocess.Popen[bytes]", watch: ShouldStop) -> int:
    """Wait for the end of a process; end it when whoever watches has seen enough."""
    ended = False
    while True:
        try:
            return process.wait(POLL_SECONDS)
        except subprocess.TimeoutExpired:
            # Once: told a second time, it would not finish what it does.
            if not ended and watch():
                process.terminate()
                ended = True


def _last_line(said: IO[bytes]) -> str:
    """Return the last line of what a process said, to follow its end."""
    said.seek(0)
    lines = said.read().decode("utf-8", "replace").strip().splitlines()
    return f": {lines[-1]}" if lines else ""

"""Puts runs on devices, each in a process of its own that sees only its own GPUs."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from hydro.folder import RunFolder
from hydro.status import Status

Slot = tuple[str, ...]
"""The GPUs of one run; none for the CPU."""


def slots(gpus: Sequence[str]) -> list[Slot]:
    """Give each GPU to one run at a time; one run at a time goes to the CPU where there is none.

    What this process itself may see of the machine's GPUs, its runs see by the same names.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = visible.split(",") if visible else None
    return [(names[int(gpu)] if names else gpu,) for gpu in gpus] or [()]


@dataclass
class Queue:
    """Runs that wait for a slot, and those that have one."""

    places: Sequence[Slot]
    running: set["subprocess.Popen[bytes]"] = field(default_factory=set)
    stopped: bool = False

    def work(self, folders: Sequence[Path], finished: Callable[[Path], None]) -> None:
        """Train the run of each folder; ``finished`` is told of each that has ended, well or not.

        A run that fails does not stop the others. What interrupts this process stops them all.
        """
        free: SimpleQueue[Slot] = SimpleQueue()
        for slot in self.places:
            free.put(slot)

        def train(folder: Path) -> Path:
            slot = free.get()
            try:
                self._train(folder, slot)
            finally:
                free.put(slot)
            return folder

        with ThreadPoolExecutor(len(self.places)) as threads:
            try:
                for future in as_completed([threads.submit(train, each) for each in folders]):
                    finished(future.result())
            except BaseException:
                self._stop()
                raise

    def _train(self, folder: Path, slot: Slot) -> None:
        if self.stopped:
            return
        run = RunFolder(folder)
        command = [sys.executable, "-m", "hydro.cli", "work", str(folder)]
        environment = os.environ | ({"CUDA_VISIBLE_DEVICES": ",".join(slot)} if slot else {})
        # Runs side by side would write over each other; what they say is in their logs.
        screen = subprocess.DEVNULL if len(self.places) > 1 else None
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=screen
        )
        self.running.add(process)
        if self.stopped:
            process.terminate()
        try:
            code = process.wait()
        finally:
            self.running.discard(process)
        if run.read_status().state in ("queued", "running"):
            died = f"its process ended with exit code {code} before it could say why"
            run.write_status(Status("failed", "process", died))

    def _stop(self) -> None:
        self.stopped = True
        for process in list(self.running):
            process.terminate()

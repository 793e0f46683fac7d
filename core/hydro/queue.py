"""Puts runs on devices, each in a process of its own that sees only its own GPUs."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

Slot = tuple[str, ...]
"""The GPUs of one run; none for the CPU."""


def slots(gpus: Sequence[str], per_run: int = 1) -> list[Slot]:
    """Divide GPUs into as many runs at once as they allow; one at a time on the CPU."""
    whole = len(gpus) // per_run
    return [tuple(gpus[at * per_run : (at + 1) * per_run]) for at in range(whole)] or [()]


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
        command = [sys.executable, "-m", "hydro.cli", "work", str(folder)]
        environment = os.environ | ({"CUDA_VISIBLE_DEVICES": ",".join(slot)} if slot else {})
        # Runs side by side would write over each other; what they say is in their logs.
        screen = subprocess.DEVNULL if len(self.places) > 1 else None
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=screen
        )
        self.running.add(process)
        try:
            process.wait()
        finally:
            self.running.discard(process)

    def _stop(self) -> None:
        self.stopped = True
        for process in list(self.running):
            process.terminate()

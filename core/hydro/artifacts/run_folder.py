"""The folder of an experiment: its paths, its locks and the runs inside it."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from hydro.artifacts.deletion import clear_unfinished, delete_paths, shared_lock, warn_of_foreign
from hydro.artifacts.files import make_folder, write_error, writing
from hydro.artifacts.history import History
from hydro.artifacts.layout import LOCK, TRAINING_LOCK, TUNING_LOCK, record_path, result_paths
from hydro.errors import FolderError
from hydro.paths import is_experiment

logger = logging.getLogger(__name__)


class RunFolder:
    """The folder of an experiment, or of one of its runs. Files are complete or absent; logs grow.

    What is in a file is up to the module that reads and writes it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, parent: Path, name: str) -> "RunFolder":
        """Make a folder of this name, with a number added where the name is taken.

        Raises:
            ResourceError: the folder cannot be made.
        """
        number = 1
        while True:
            path = parent / (name if number == 1 else f"{name}-{number}")
            try:
                parent.mkdir(parents=True, exist_ok=True)
                path.mkdir()
            except FileExistsError:
                if not parent.is_dir():
                    raise write_error(parent, "is not a folder") from None
                number += 1
            except OSError as error:
                raise write_error(path, f"cannot be made: {error.strerror}") from None
            else:
                return cls(path)

    @property
    def name(self) -> str:
        """The name of the experiment."""
        return self.path.name

    @property
    def config(self) -> Path:
        """The complete settings, ready to be run again."""
        return self.path / "config.yaml"

    @property
    def model(self) -> Path:
        """The trained model, in the format that other programs open."""
        return self.path / "model"

    @property
    def predictions(self) -> Path:
        """The predictions of every split."""
        return self.path / "predictions"

    @property
    def checkpoints(self) -> Path:
        """The states from which an interrupted run resumes."""
        return self.path / "checkpoints"

    @property
    def history(self) -> History:
        """The figures of the run as it went."""
        return History(self.path / "history.jsonl")

    @property
    def runs(self) -> "list[RunFolder]":
        """The runs of an experiment that has several, by name; none for a single one."""
        found = (each.parent for each in sorted((self.path / "runs").glob("*/config.yaml")))
        return [RunFolder(each) for each in found if not each.is_symlink() and is_experiment(each)]

    def run(self, name: str) -> "RunFolder":
        """Return the folder of one of several runs, which is made where it is missing."""
        return RunFolder(make_folder(make_folder(self.path / "runs") / name))

    def record(self, *names: str) -> Path:
        """Return the file that keeps which names hydro wrote into a folder."""
        return record_path(self.path, *names)

    def lock(self) -> FileLock:
        """Return the lock of the process that works in the folder; the system frees it."""
        return FileLock(self.path / LOCK, thread_local=False)

    @contextmanager
    def exclusive_lock(self) -> Iterator[None]:
        """Hold the lock while the context lasts.

        Raises:
            FolderError: another process does.
        """
        try:
            lock = self.lock().acquire(timeout=1)
        except Timeout:
            raise self.still_running() from None
        with lock:
            yield

    @contextmanager
    def training_lock(self) -> Iterator[None]:
        """Wait until no process trains here, and hold the lock of training while the context lasts.

        The process that holds the folder's lock may be gone while one that it started still saves
        its state.
        """
        lock = FileLock(self.path / TRAINING_LOCK, thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            logger.info("waiting for the process that trains %s to end", self.path)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def tuning_lock(self) -> Iterator[None]:
        """Show while the context lasts that a process trains runs; several may at once."""
        with (self.path / TUNING_LOCK).open("a") as file, shared_lock(file.fileno()):
            yield

    def still_running(self) -> FolderError:
        """Return the error of a folder that another process works in, which it names if it can."""
        try:
            status = json.loads((self.path / "status.json").read_text(encoding="utf-8"))
            where = f" (process {status['pid']} on {status['host']})"
        except (OSError, ValueError, KeyError, TypeError):
            where = ""
        return FolderError(
            f"{self.path}: still running{where}. Stop that process first, or wait for it"
        )

    def clear(self) -> None:
        """Remove the results of an earlier attempt, and what it was writing when it ended.

        Raises:
            ResourceError: a link has the name of a folder that the run will write.
        """
        for name in ("model", "predictions", "insights", "exports", "runs"):
            if (self.path / name).is_symlink():
                msg = f"{self.path / name}: is a link, which hydro does not replace. Remove it"
                raise FolderError(msg)
        with writing(self.path):
            warn_of_foreign(delete_paths(self.path, result_paths(self.path)))
            clear_unfinished(self.path)

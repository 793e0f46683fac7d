"""The folder of an experiment: the only code that knows its file names."""

import csv
import dataclasses
import json
import logging
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout
from safetensors import SafetensorError

from hydro.artifacts.status import Status
from hydro.errors import ResourceError
from hydro.plugins.predictions import Predictions

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

ROW = "row"
"""The column with the row numbers of the user's file, counted from 0."""

CONFLICT_SUFFIX = " (predicted)"
"""Follows the name of a column where the user's table has one of that name."""

ROW_CONFLICT = f"{ROW}{CONFLICT_SUFFIX}"

METRIC_PREFIX = "value of "
"""Precedes the name of a metric among the raw arrays: what each row contributes to it."""

LOCK = ".lock"

TRAINING_LOCK = ".training.lock"

PRESERVED = (
    *("checkpoints", "config.yaml", "environment.json", "log.txt", "status.json"),
    *(LOCK, TRAINING_LOCK),
)
"""What a new try finds of an earlier one."""

logger = logging.getLogger(__name__)


class RunFolder:
    """What a run leaves behind. Files are whole or absent; only logs grow."""

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
                    raise _resource_error(parent, "is not a folder") from None
                number += 1
            except OSError as error:
                raise _resource_error(path, f"cannot be made: {error.strerror}") from None
            else:
                return cls(path)

    @property
    def name(self) -> str:
        """The name of the experiment."""
        return self.path.name

    @property
    def model(self) -> Path:
        """Where the trained model goes, in the format that other programs open."""
        return self.path / "model"

    @property
    def config(self) -> Path:
        """The complete settings."""
        return self.path / "config.yaml"

    @property
    def study(self) -> Path:
        """The journal of a search that Optuna leads: JSON, a line for each thing that happened."""
        return self.path / "study.jsonl"

    @property
    def checkpoints(self) -> Path:
        """Where the states are that an interrupted run can go on from."""
        return self.path / "checkpoints"

    @property
    def history(self) -> Path:
        """The figures of the run as it went."""
        return self.path / "history.jsonl"

    def lock(self) -> FileLock:
        """Return the lock of who works in the folder; it is free when that process is gone."""
        return FileLock(self.path / LOCK, thread_local=False)

    @contextmanager
    def exclusive_lock(self) -> Iterator[None]:
        """Hold the lock while the context lasts.

        Raises:
            ResourceError: another process does.
        """
        try:
            lock = self.lock().acquire(timeout=1)
        except Timeout:
            msg = f"{self.path}: still running. Stop that process first, or wait for it"
            raise ResourceError(msg) from None
        with lock:
            yield

    @contextmanager
    def training_lock(self) -> Iterator[None]:
        """Wait until no process trains here, and be the one that does while the context lasts.

        Who started a process may be gone, and its lock with it, while that process still saves
        what it has.
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

    def run(self, name: str) -> "RunFolder":
        """Return the folder of one run of an experiment that has several."""
        path = self._folder("runs") / name
        with writing(path):
            path.mkdir(exist_ok=True)
        return RunFolder(path)

    def clear(self) -> None:
        """Take away the results of an earlier try, and what it was writing when it ended."""
        with writing(self.path):
            for each in self.path.iterdir():
                if each.name in PRESERVED:
                    continue
                if each.is_dir():
                    shutil.rmtree(each)
                else:
                    each.unlink()

    @property
    def runs(self) -> "list[RunFolder]":
        """The runs of an experiment that has several, by name; none for a single one."""
        found = (self.path / "runs").glob("*/config.yaml")
        return [RunFolder(each.parent) for each in sorted(found)]

    def index(self, name: str) -> Path:
        """Where an index of some rows goes."""
        return self._folder("index") / name

    def export(self, name: str) -> Path:
        """Where an exporter writes; the folder itself is the exporter's to make."""
        return self._folder("exports") / name

    def write_config(self, text: str) -> None:
        """Keep the complete settings, ready to be run again."""
        self._write(self.config.name, text)

    def write_status(self, status: Status) -> None:
        """Describe what state the experiment is in."""
        told = {**dataclasses.asdict(status), "pid": os.getpid(), "time": _now()}
        self._write("status.json", _json(told))

    def read_status(self) -> Status:
        """Return the state that was written last; queued before any was."""
        path = self.path / "status.json"
        if not path.exists():
            return Status("queued")
        told = json.loads(path.read_text(encoding="utf-8"))
        return Status(**{each.name: told[each.name] for each in dataclasses.fields(Status)})

    def is_running(self) -> bool:
        """Return whether the process that wrote the status is still at work."""
        if self.read_status().state != "running":
            return False
        pid = json.loads((self.path / "status.json").read_text(encoding="utf-8"))["pid"]
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return bool(pid != os.getpid())

    def read_environment(self) -> dict[str, Any]:
        """Return what the figures depended on when the work began; nothing before it did."""
        path = self.path / "environment.json"
        facts: dict[str, Any] = (
            json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        )
        return facts

    def read_scores(self) -> dict[str, Any]:
        """Return the scores of a run that has finished."""
        scores: dict[str, Any] = json.loads((self.path / "scores.json").read_text(encoding="utf-8"))
        return scores

    def read_leaderboard(self) -> list[dict[str, Any]]:
        """Return the combinations of a search, the best first; none without a leaderboard."""
        path = self.path / "leaderboard.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []

    def write_leaderboard(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep which combination did best, for programs and for people."""
        import pandas as pd

        self._write("leaderboard.json", _json(rows))
        listed = [{name: _join_list(value) for name, value in row.items()} for row in rows]
        self._write("leaderboard.csv", _csv(pd.DataFrame(listed)))

    def write_scores(self, scores: Mapping[str, Any]) -> None:
        """Keep the scores, before and after training."""
        self._write("scores.json", _json(scores))

    def write_environment(self, facts: Mapping[str, Any]) -> None:
        """Keep the versions and the device that the figures were made with."""
        self._write("environment.json", _json(facts))

    def write_predictions(
        self, split: str, frame: "pd.DataFrame", predictions: Predictions
    ) -> None:
        """Keep the predictions of a split in ``predictions/``, as CSV and as raw arrays."""
        write_predictions(self._folder("predictions"), split, frame, predictions)

    def read_values(self, split: str) -> "tuple[pd.DataFrame, dict[str, NDArray[np.float64]]]":
        """Return the user's rows of a split, and what each contributed to each metric.

        Raises:
            ResourceError: the predictions are not there, or say nothing of single rows.
        """
        import numpy as np
        import pandas as pd

        stem = self.path / "predictions" / split
        try:
            table = pd.read_csv(f"{stem}_predictions.csv", dtype=str, keep_default_na=False)
            with np.load(f"{stem}_raw_predictions.npz", allow_pickle=False) as raw:
                names = [name for name in raw.files if name.startswith(METRIC_PREFIX)]
                values = {name.removeprefix(METRIC_PREFIX): raw[name] for name in names}
                rows = raw["rows"]
        except (OSError, ValueError, KeyError) as error:
            msg = f"{stem.parent}: no {split} predictions to read ({error}). Run it again"
            raise ResourceError(msg) from None
        if not values:
            msg = f"{stem}_raw_predictions.npz has no values of single rows. Run it again"
            raise ResourceError(msg)
        own = table.columns.get_loc(ROW_CONFLICT if ROW_CONFLICT in table else ROW)
        return table.iloc[:, :own].set_index(rows), values

    def read_sample(self, rows: int) -> "pd.DataFrame":
        """Return the first held-out rows of a finished run: the user's columns and more, as texts.

        Raises:
            ResourceError: its predictions are gone.
        """
        import pandas as pd

        path = self.path / "predictions" / "validation_predictions.csv"
        try:
            return pd.read_csv(path, dtype=str, keep_default_na=False, nrows=rows)
        except OSError as error:
            msg = f"{path} cannot be read ({error.strerror}), and exports are tried on its texts"
            raise ResourceError(msg) from None

    def join_predictions(self, runs: Sequence["RunFolder"], folds: Sequence[str | None]) -> None:
        """Join what each fold's model says of the rows it never saw: all rows, in order.

        ``predictions/out_of_fold_predictions.csv`` names the fold that held each row out.
        """
        import pandas as pd

        name = "predictions/validation_predictions.csv"
        tables = []
        for run, fold in zip(runs, folds, strict=True):
            table = pd.read_csv(run.path / name, dtype=str, keep_default_na=False)
            table[_unused_name("held_out", table)] = fold
            tables.append(table)
        joined = pd.concat(tables)
        rows = joined[ROW_CONFLICT if ROW_CONFLICT in joined else ROW]
        self._folder("predictions")
        order = rows.astype(int).argsort(kind="stable")
        self._write("predictions/out_of_fold_predictions.csv", _csv(joined.iloc[order]))

    def write_insight(
        self, name: str, table: "pd.DataFrame", told: Mapping[str, Any] | None = None
    ) -> None:
        """Keep a table that explains predictions, and what is told of it and how it is drawn."""
        self._folder("insights")
        if not table.empty:
            self._write(f"insights/{name}.csv", _csv(table))
        if told is not None:
            self._write(f"insights/{name}.json", _json(told))

    def read_insights(self) -> "Iterator[tuple[dict[str, Any], pd.DataFrame]]":
        """Return what is told of each insight, with its table, all of it text, in their order."""
        import pandas as pd

        paths = (self.path / "insights").glob("*.json")
        told = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
        for each in sorted(told, key=lambda each: int(each["place"])):
            path = self.path / "insights" / f"{each['name']}.csv"
            # What an insight found nothing of has no table.
            found = path.exists()
            table = pd.read_csv(path, dtype=str, keep_default_na=False) if found else pd.DataFrame()
            yield each, table

    def write_report(self, page: str) -> Path:
        """Keep the report for people, and say where."""
        self._write("report.html", page)
        return self.path / "report.html"

    def record(self, event: str, values: Mapping[str, Any]) -> None:
        """Add a line to the history of the run."""
        line = json.dumps({"event": event, "time": _now(), **values}, allow_nan=False)
        with writing(self.history), self.history.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def read_history(self, start: int = 0) -> tuple[list[dict[str, Any]], int]:
        """Return the events from byte ``start`` of the history on, and the byte to go on from.

        A history that is shorter was begun anew, and is read from its beginning.
        """
        if not self.history.exists():
            return [], 0
        with self.history.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(start if start <= size else 0)
            whole = [line for line in file if line.endswith(b"\n")]
        begun = 0 if start > size else start
        return [json.loads(line) for line in whole], begun + sum(map(len, whole))

    @contextmanager
    def log(self) -> Iterator[None]:
        """Write what hydro logs into ``log.txt`` while the context lasts."""
        path = self.path / "log.txt"
        with writing(path):
            handler = logging.FileHandler(path, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger = logging.getLogger("hydro")
        level = logger.level
        logger.setLevel(logging.DEBUG)
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)
            handler.close()

    def read_warnings(self) -> list[str]:
        """Return what was warned of, the first line of each message."""
        path = self.path / "log.txt"
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        # As the handler above writes them: date, time, level, message.
        lines = [line.split(" ", 3) for line in text.splitlines()]
        return [line[3] for line in lines if len(line) == 4 and line[2] in ("WARNING", "ERROR")]

    def _folder(self, name: str) -> Path:
        path = self.path / name
        with writing(path):
            path.mkdir(exist_ok=True)
        return path

    def _write(self, name: str, text: str) -> None:
        with _atomic(self.path / name) as file:
            file.write(text.encode("utf-8"))


def write_predictions(
    folder: Path,
    name: str,
    frame: "pd.DataFrame",
    predictions: Predictions,
    *,
    parquet: bool = False,
) -> list[Path]:
    """Write predictions: the user's columns and more, and the raw arrays; give the files.

    ``<name>_predictions.csv``, and ``.parquet`` where asked, have one line a row, with its row
    number in the user's file; ``<name>_raw_predictions.npz`` has the arrays in the same order.
    """
    import numpy as np

    table = frame.copy()
    rows = frame.index.to_numpy()
    for column, listed in {ROW: rows, **predictions.columns(rows)}.items():
        added: Any = list(listed)
        table[_unused_name(column, frame)] = added
    written = [folder / f"{name}_predictions.csv"]
    with _atomic(written[0]) as file:
        file.write(_csv(table).encode("utf-8"))
    if parquet:
        written.append(folder / f"{name}_predictions.parquet")
        with _atomic(written[-1]) as file:
            table.to_parquet(file, index=False)
    written.append(folder / f"{name}_raw_predictions.npz")
    values = {f"{METRIC_PREFIX}{metric}": each for metric, each in predictions.values.items()}
    arrays: dict[str, Any] = {"rows": rows, **predictions.arrays(), **values}
    with _atomic(written[-1]) as file:
        np.savez(file, allow_pickle=False, **arrays)
    return written


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Name the file or folder that is being written when the disk is full or cannot be written.

    Raises:
        ResourceError: instead of what the system or safetensors raised.
    """
    try:
        yield
    except (OSError, SafetensorError) as error:
        why = getattr(error, "strerror", None) or error
        raise _resource_error(path, f"cannot be written: {why}") from error


@contextmanager
def _atomic(path: Path) -> Iterator[Any]:
    """Open a file that appears under its name once it is whole and on the disk."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with writing(path):
            with partial.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _resource_error(path: Path, why: str) -> ResourceError:
    return ResourceError(f"{path}: {why}. Free some space there, or choose another --output")


def _unused_name(name: str, frame: "pd.DataFrame") -> str:
    """Return a column name that does not hide one of the user's."""
    return name if name not in frame.columns else f"{name}{CONFLICT_SUFFIX}"


def _join_list(value: Any) -> Any:
    """Return a list as words with spaces between them."""
    if not isinstance(value, list):
        return value
    return " ".join("-" if each is None else str(each) for each in value)


def _csv(table: "pd.DataFrame") -> str:
    # Every text is quoted: pandas would leave one with a lone carriage return as it is.
    return table.to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)


def _json(values: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(values, indent=2, allow_nan=False) + "\n"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

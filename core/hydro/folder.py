"""The folder of an experiment: the only code that knows its file names."""

import csv
import dataclasses
import json
import logging
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors import SafetensorError

from hydro.errors import ResourceError
from hydro.predictions import Predictions
from hydro.status import State, Status


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
                    raise _unusable(parent, "is not a folder") from None
                number += 1
            except OSError as error:
                raise _unusable(path, f"cannot be made: {error.strerror}") from None
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

    def export(self, name: str) -> Path:
        """Where an exporter writes; the folder itself is the exporter's to make."""
        return self._folder("exports") / name

    def write_config(self, text: str) -> None:
        """Keep the complete settings, ready to be run again."""
        self._write("config.yaml", text)

    def write_status(self, state: State, reason: str = "", message: str = "") -> None:
        """Say what state the experiment is in."""
        told = dataclasses.asdict(Status(state, reason, message))
        told = {**told, "pid": os.getpid(), "time": _now()}
        self._write("status.json", _json(told))

    def write_scores(self, scores: Mapping[str, Any]) -> None:
        """Keep the scores, before and after training."""
        self._write("scores.json", _json(scores))

    def write_environment(self, facts: Mapping[str, Any]) -> None:
        """Keep the versions and the device that the figures were made with."""
        self._write("environment.json", _json(facts))

    def write_predictions(self, split: str, frame: pd.DataFrame, predictions: Predictions) -> None:
        """Keep the predictions of a split: the user's columns and more, and the raw arrays.

        ``predictions/<split>_predictions.csv`` has one line a row, with its row number in the
        user's file; ``<split>_raw_predictions.npz`` has the arrays in the same order.
        """
        folder = self._folder("predictions")
        table = frame.copy()
        for name, values in {"row": frame.index, **predictions.columns()}.items():
            column: Any = list(values)
            table[_free(name, frame)] = column
        self._write(f"predictions/{split}_predictions.csv", _csv(table))
        with _atomic(folder / f"{split}_raw_predictions.npz") as file:
            arrays: dict[str, Any] = {"rows": frame.index.to_numpy(), **predictions.arrays()}
            np.savez(file, allow_pickle=False, **arrays)

    def write_insight(self, name: str, table: pd.DataFrame) -> None:
        """Keep a table that explains predictions."""
        self._folder("insights")
        self._write(f"insights/{name}.csv", _csv(table))

    def record(self, event: str, values: Mapping[str, Any]) -> None:
        """Add a line to the history of the run."""
        line = json.dumps({"event": event, "time": _now(), **values}, allow_nan=False)
        path = self.path / "history.jsonl"
        with writing(path), path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

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

    def _folder(self, name: str) -> Path:
        path = self.path / name
        with writing(path):
            path.mkdir(exist_ok=True)
        return path

    def _write(self, name: str, text: str) -> None:
        with _atomic(self.path / name) as file:
            file.write(text.encode("utf-8"))


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
        raise _unusable(path, f"cannot be written: {why}") from error


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


def _unusable(path: Path, why: str) -> ResourceError:
    return ResourceError(f"{path}: {why}. Free some space there, or choose another --output")


def _free(name: str, frame: pd.DataFrame) -> str:
    """Give a column name that does not hide one of the user's."""
    return name if name not in frame.columns else f"{name} (predicted)"


def _csv(table: pd.DataFrame) -> str:
    # Every text is quoted: pandas would leave one with a lone carriage return as it is.
    return table.to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=2, allow_nan=False) + "\n"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

"""A run's folder holds whole files or none."""

import json
import logging
import os
import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from numpy.typing import NDArray

from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status
from hydro.data.tables import read_table
from hydro.errors import ResourceError
from hydro.plugins.predictions import Predictions


@dataclass(frozen=True)
class Named(Predictions):
    """Predictions with columns and arrays of any name."""

    tables: dict[str, Sequence[object]]

    def columns(self, rows: NDArray[np.int64]) -> dict[str, Sequence[object]]:
        return self.tables

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {"scores": np.array([0.25, 0.5])}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A run's folder with nothing in it."""
    return RunFolder.create(tmp_path / "runs", "calm-bay")


@pytest.fixture
def frame() -> pd.DataFrame:
    """Two rows of a file, the third and the seventh."""
    columns = {"text": ["a", "b"], "label": ["x", "y"]}
    return pd.DataFrame(columns, index=[2, 6], dtype="str")


@contextmanager
def disk_full(room: int) -> Iterator[None]:
    """Let no file grow beyond ``room`` bytes, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def files(folder: RunFolder) -> set[str]:
    """List all files of a folder, hidden ones too."""
    found = [each for each in folder.path.rglob("*") if each.is_file()]
    return {each.relative_to(folder.path).as_posix() for each in found}


def test_a_taken_name_gets_a_number(tmp_path: Path) -> None:
    made = [RunFolder.create(tmp_path / "a/b", "run") for _ in range(3)]
    assert [each.name for each in made] == ["run", "run-2", "run-3"]
    assert all(each.path.is_dir() for each in made)


@pytest.mark.parametrize(
    ("below", "said"), [("file", "is not a folder"), ("file/runs", "cannot be made: Not a dir")]
)
def test_a_folder_that_cannot_be_made_is_an_error(below: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResourceError, match=said) as error:
        RunFolder.create(tmp_path / below, "run")
    assert "choose another --output" in str(error.value)


def test_what_is_written_can_be_read(folder: RunFolder) -> None:
    folder.write_config("seed: 3\n")
    folder.write_scores({"validation": {"after": 0.5}})
    folder.write_environment({"python": "3"})
    folder.write_status(Status("failed", "data", "no rows", 1.5))
    assert yaml.safe_load((folder.path / "config.yaml").read_text()) == {"seed": 3}
    assert json.loads((folder.path / "scores.json").read_text()) == {"validation": {"after": 0.5}}
    assert json.loads((folder.path / "environment.json").read_text()) == {"python": "3"}
    status = json.loads((folder.path / "status.json").read_text())
    assert datetime.fromisoformat(status.pop("time")).tzinfo
    assert status == {
        "state": "failed",
        "reason": "data",
        "message": "no rows",
        "seconds": 1.5,
        "pid": os.getpid(),
    }
    assert files(folder) == {"config.yaml", "environment.json", "scores.json", "status.json"}


def test_a_status_is_read_as_it_was_written(folder: RunFolder) -> None:
    assert folder.read_status() == Status("queued")
    status = Status("failed", "data", "no rows", 1.5)
    folder.write_status(status)
    assert folder.read_status() == status


def test_predictions_stand_beside_the_users_columns(folder: RunFolder, frame: pd.DataFrame) -> None:
    folder.write_predictions("test", frame, Named({}, {"count": [0.5, 1.5]}))
    table = read_table(folder.path / "predictions/test_predictions.csv")
    assert table.to_dict("list") == {
        "text": ["a", "b"],
        "label": ["x", "y"],
        "row": ["2", "6"],
        "count": ["0.5", "1.5"],
    }
    raw = np.load(folder.path / "predictions/test_raw_predictions.npz", allow_pickle=False)
    assert {name: raw[name].tolist() for name in raw} == {"rows": [2, 6], "scores": [0.25, 0.5]}


def test_no_column_of_the_user_is_hidden(folder: RunFolder, frame: pd.DataFrame) -> None:
    frame["row"] = ["r1", "r2"]
    frame["count"] = ["c1", "c2"]
    folder.write_predictions("test", frame, Named({}, {"count": [1, 2]}))
    table = read_table(folder.path / "predictions/test_predictions.csv")
    assert table.to_dict("list") == {
        "text": ["a", "b"],
        "label": ["x", "y"],
        "row": ["r1", "r2"],
        "count": ["c1", "c2"],
        "row (predicted)": ["2", "6"],
        "count (predicted)": ["1", "2"],
    }


@pytest.mark.parametrize(
    "text", ["two\nlines", "a\rb", "a\r\nb", 'say "no", twice', "NA", " 007 ", "é\u2028汉", "'=1+1"]
)
def test_texts_are_written_so_that_they_read_back(
    text: str, folder: RunFolder, frame: pd.DataFrame
) -> None:
    frame["text"] = [text, "b"]
    folder.write_predictions("test", frame, Named({}, {}))
    table = read_table(folder.path / "predictions/test_predictions.csv")
    assert table["text"].tolist() == [text, "b"]
    folder.write_insight("look", frame)
    assert read_table(folder.path / "insights/look.csv")["text"].tolist() == [text, "b"]


def test_history_grows_a_line_an_event(folder: RunFolder) -> None:
    folder.record("training", {"loss": 0.5})
    folder.record("validation", {"Error": None})
    text = (folder.path / "history.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert all(datetime.fromisoformat(each.pop("time")).tzinfo for each in lines)
    assert lines == [{"event": "training", "loss": 0.5}, {"event": "validation", "Error": None}]


def test_a_full_disk_leaves_the_earlier_file_whole_and_nothing_half_written(
    folder: RunFolder, frame: pd.DataFrame
) -> None:
    folder.write_config("seed: 3\n")
    with disk_full(100):
        with pytest.raises(ResourceError, match=r"config.yaml: cannot be written: File too large"):
            folder.write_config("seed: 4\n" * 1000)
        with pytest.raises(ResourceError, match="test_raw_predictions"):
            folder.write_predictions("test", frame, Named({}, {}))
    assert (folder.path / "config.yaml").read_text() == "seed: 3\n"
    assert files(folder) == {"config.yaml", "predictions/test_predictions.csv"}


def test_a_full_disk_is_an_error_for_what_grows_too(folder: RunFolder) -> None:
    with disk_full(100), pytest.raises(ResourceError, match=r"history.jsonl: cannot be written"):
        for _ in range(5):
            folder.record("training", {"loss": 0.5})


def test_a_folder_that_is_gone_is_an_error(folder: RunFolder, frame: pd.DataFrame) -> None:
    folder.path.rmdir()
    for write in (
        lambda: folder.write_config("seed: 3\n"),
        lambda: folder.record("training", {}),
        lambda: folder.write_predictions("test", frame, Named({}, {})),
        lambda: folder.write_insight("look", frame),
        lambda: folder.export("json"),
        lambda: folder.log().__enter__(),
    ):
        with pytest.raises(ResourceError, match="No such file or directory"):
            write()


def test_what_hydro_logs_is_kept_while_the_log_is_open(folder: RunFolder) -> None:
    logger = logging.getLogger("hydro.somewhere")
    with folder.log():
        logger.debug("a detail")
        logger.info("rows: %d", 3)
        logger.warning("look")
    logger.warning("too late")
    lines = (folder.path / "log.txt").read_text().splitlines()
    assert [line.split(" ", 2)[2] for line in lines] == [
        "DEBUG a detail",
        "INFO rows: 3",
        "WARNING look",
    ]


def test_insights_come_back_in_their_order_as_text(folder: RunFolder) -> None:
    table = pd.DataFrame({"label": ["007", "NA", ""]})
    folder.write_insight("a", table, {"name": "a", "place": 1})
    folder.write_insight("b", pd.DataFrame(), {"name": "b", "place": 0})
    (first, nothing), (second, found) = folder.read_insights()
    assert (first["name"], second["name"]) == ("b", "a")
    assert nothing.empty
    assert found["label"].tolist() == ["007", "NA", ""]


def test_warnings_are_read_from_the_log(folder: RunFolder) -> None:
    assert folder.read_warnings() == []
    logger = logging.getLogger("hydro.test")
    with folder.log():
        logger.info("no")
        logger.warning("first line\nsecond line")
        logger.error("worse")
    assert folder.read_warnings() == ["first line", "worse"]

"""Tests of the status of a run."""

import json
import os
import socket
from datetime import datetime
from importlib.metadata import version

import pytest

from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, read_status, write_status
from hydro.errors import HydroError, OutOfMemoryError, ResourceError, TrainingError


@pytest.mark.parametrize(
    "error",
    [TrainingError("nan: lower it"), ResourceError("no memory"), OutOfMemoryError("no memory")],
    ids=lambda error: type(error).__name__,
)
def test_an_error_of_hydro_reads_back_with_its_type(error: HydroError, folder: RunFolder) -> None:
    write_status(folder, Status.failed(error))
    status = read_status(folder)
    assert status.reason == error.reason
    assert type(status.error) is type(error)
    assert str(status.error) == str(error)
    assert status.error.exit_code == error.exit_code


@pytest.mark.parametrize("message", ["a: b", "DataError: b"])
def test_another_error_reads_back_with_where_to_look(message: str) -> None:
    status = Status.failed(ValueError(message))
    assert (status.state, status.reason) == ("failed", "bug")
    assert type(status.error) is HydroError
    assert str(status.error) == f"the run failed: ValueError: {message}. Its log.txt says more"


def test_a_status_is_read_as_it_was_written(folder: RunFolder) -> None:
    assert read_status(folder) == Status("queued")
    status = Status("failed", "data", "no rows", 1.5, "DataError")
    write_status(folder, status)
    assert read_status(folder) == status
    values = json.loads((folder.path / "status.json").read_text())
    assert datetime.fromisoformat(values.pop("time")).tzinfo
    assert values == {
        "state": "failed",
        "reason": "data",
        "message": "no rows",
        "seconds": 1.5,
        "error_type": "DataError",
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "hydro": version("hydro-experiments"),
    }


def test_a_status_of_an_earlier_version_is_read(folder: RunFolder) -> None:
    values = {"state": "failed", "reason": "data", "message": "DataError: no rows", "seconds": 1.5}
    (folder.path / "status.json").write_text(json.dumps(values))
    assert read_status(folder) == Status("failed", "data", "DataError: no rows", 1.5)
    assert type(read_status(folder).error) is HydroError

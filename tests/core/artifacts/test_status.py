"""The status of a run tells which error it ended with."""

import json
import os
from datetime import datetime

import pytest

from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, read_status, write_status
from hydro.errors import HydroError, ResourceError, TrainingError


@pytest.mark.parametrize("error", [TrainingError("nan: lower it"), ResourceError("no memory")])
def test_an_error_of_ours_is_the_same_again(error: HydroError) -> None:
    told = Status("failed", error.reason, f"{type(error).__name__}: {error}").error
    assert type(told) is type(error)
    assert str(told) == str(error)
    assert told.exit_code == error.exit_code


def test_what_is_none_of_ours_is_told_with_where_to_look() -> None:
    told = Status("failed", "bug", "ValueError: a: b").error
    assert type(told) is HydroError
    assert str(told) == "the run failed: ValueError: a: b. Its log.txt says more"


def test_a_status_is_read_as_it_was_written(folder: RunFolder) -> None:
    assert read_status(folder) == Status("queued")
    status = Status("failed", "data", "no rows", 1.5)
    write_status(folder, status)
    assert read_status(folder) == status
    values = json.loads((folder.path / "status.json").read_text())
    assert datetime.fromisoformat(values.pop("time")).tzinfo
    assert values == {
        "state": "failed",
        "reason": "data",
        "message": "no rows",
        "seconds": 1.5,
        "pid": os.getpid(),
    }

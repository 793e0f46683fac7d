"""The status of a run tells which error it ended with."""

import pytest

from hydro.artifacts.status import Status
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

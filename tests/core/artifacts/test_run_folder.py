"""Tests of the folder of a run."""

from pathlib import Path

import pytest

from hydro.artifacts.run_folder import RunFolder
from hydro.errors import ResourceError


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

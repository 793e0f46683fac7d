"""A tracker in another process receives all calls, and its errors are raised here."""

import atexit
import os
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from hydro.errors import PluginError
from hydro.trackers.subprocess_tracker import SubprocessTracker
from hydro.trackers.tracker import Tracker

HERE = Path(__file__)
"""Its folder is on the path of the other process."""


class Notebook(Tracker):
    """Records its process and its calls, prints, and changes what belongs to its process."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def start(self, parameters: Mapping[str, object]) -> None:
        os.chdir(self.path.parent)
        self._write(os.getpid(), parameters)

    def log(self, values: Mapping[str, float], step: int) -> None:
        if step < 0:
            msg = "no such step"
            raise ValueError(msg)
        self._write(values, step)

    def close(self, *, failed: bool) -> None:
        self._write(failed)
        if failed:
            os._exit(3)

    def _write(self, *values: object) -> None:
        sys.stdout.write("noise")
        sys.stderr.write("noise")
        with self.path.open("a") as file:
            file.write(f"{values}\n")


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SubprocessTracker:
    """Return a tracker in another process; ``json`` stands for the client's package."""
    monkeypatch.setenv("PYTHONPATH", str(HERE.parent))
    monkeypatch.setattr(Notebook, "__module__", HERE.stem)
    return SubprocessTracker("json", Notebook, path=tmp_path / "notes.txt")


def test_calls_reach_the_other_process_and_its_output_and_folder_stay_there(
    notebook: SubprocessTracker, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = Path.cwd()
    notebook.start({"a": 1, "folder": tmp_path})
    notebook.log({"loss": 0.5}, 16)
    notebook.close(failed=False)
    notes = (tmp_path / "notes.txt").read_text().splitlines()
    assert notes[0] == f"({notebook.process.pid}, {{'a': 1, 'folder': '{tmp_path}'}})"
    assert notes[1:] == ["({'loss': 0.5}, 16)", "(False,)"]
    assert notebook.process.pid != os.getpid()
    assert capfd.readouterr() == ("", "")
    assert Path.cwd() == folder


def test_an_error_of_the_other_process_is_raised_on_close(notebook: SubprocessTracker) -> None:
    notebook.start({})
    notebook.log({"loss": 0.5}, -1)
    with pytest.raises(RuntimeError, match=r"^ValueError: no such step$"):
        notebook.close(failed=False)


def test_a_process_that_dies_is_an_error_with_its_exit_code(notebook: SubprocessTracker) -> None:
    notebook.start({})
    with pytest.raises(RuntimeError, match=r"^exit code 3$"):
        notebook.close(failed=True)


def test_a_process_that_hangs_is_killed_at_exit(
    notebook: SubprocessTracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks: list[Callable[[], object]] = []
    monkeypatch.setattr(atexit, "register", hooks.append)
    notebook.start({})
    (at_exit,) = hooks
    at_exit()
    with pytest.raises(RuntimeError, match=r"^exit code -9$"):
        notebook.close(failed=False)


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("Neptune", "neptune"),
        ("TensorBoard", "tensorboard"),
        ("MLflow", "mlflow"),
        ("Weights & Biases", "wandb"),
        ("Trackio", "trackio"),
    ],
)
def test_a_missing_package_is_an_error_that_names_the_extra(
    name: str, package: str, build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = lambda wanted: None if wanted == package else find_spec(wanted)  # noqa: E731
    monkeypatch.setattr("hydro.trackers.subprocess_tracker.find_spec", hidden)
    with pytest.raises(PluginError, match=rf"hydro-experiments\[{package}\]"):
        build(name)

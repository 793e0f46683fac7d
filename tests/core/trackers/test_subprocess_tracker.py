"""A tracker in a process of its own gets what it is told, and says what went wrong."""

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from hydro.errors import PluginError
from hydro.trackers.subprocess_tracker import SubprocessTracker
from hydro.trackers.tracker import Tracker

HERE = Path(__file__)
"""Another process finds this file by its folder."""


class Notebook(Tracker):
    """Writes down where it is and what it is told, and talks meanwhile."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def start(self, parameters: Mapping[str, Any]) -> None:
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

    def _write(self, *told: Any) -> None:
        sys.stdout.write("noise")
        sys.stderr.write("noise")
        with self.path.open("a") as file:
            file.write(f"{told}\n")


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SubprocessTracker:
    """A tracker that another process has; ``json`` stands for the package of its client."""
    monkeypatch.setenv("PYTHONPATH", str(HERE.parent))
    monkeypatch.setattr(Notebook, "__module__", HERE.stem)
    return SubprocessTracker("json", Notebook, path=tmp_path / "notes.txt")


def test_what_it_is_told_reaches_another_process_and_no_noise_comes_back(
    notebook: SubprocessTracker, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    notebook.start({"a": 1, "folder": tmp_path})
    notebook.log({"loss": 0.5}, 16)
    notebook.close(failed=False)
    notes = (tmp_path / "notes.txt").read_text().splitlines()
    assert notes[0] == f"({notebook.process.pid}, {{'a': 1, 'folder': '{tmp_path}'}})"
    assert notes[1:] == ["({'loss': 0.5}, 16)", "(False,)"]
    assert notebook.process.pid != os.getpid()
    assert capfd.readouterr() == ("", "")


def test_what_goes_wrong_there_is_raised_here(notebook: SubprocessTracker) -> None:
    notebook.start({})
    notebook.log({"loss": 0.5}, -1)
    with pytest.raises(RuntimeError, match=r"^ValueError: no such step$"):
        notebook.close(failed=False)


def test_a_process_that_dies_is_told_of(notebook: SubprocessTracker) -> None:
    notebook.start({})
    with pytest.raises(RuntimeError, match=r"^exit code 3$"):
        notebook.close(failed=True)


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
def test_a_missing_package_is_named_with_the_extra_that_brings_it(
    name: str, package: str, build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = lambda wanted: None if wanted == package else find_spec(wanted)  # noqa: E731
    monkeypatch.setattr("hydro.trackers.subprocess_tracker.find_spec", hidden)
    with pytest.raises(PluginError, match=rf"hydro-experiments\[{package}\]"):
        build(name)

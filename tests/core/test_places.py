"""Experiments are looked for where they are made."""

from pathlib import Path

import pytest

from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, write_status
from hydro.paths import default_output, first_existing_experiment


def test_the_environment_says_where_experiments_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HYDRO_OUTPUT", raising=False)
    assert default_output() == Path("runs")
    monkeypatch.setenv("HYDRO_OUTPUT", "elsewhere")
    assert default_output() == Path("elsewhere")


def test_the_first_folder_with_settings_and_a_status_is_an_experiment(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").touch()
    # A user's project may have a config.yaml, and a status of something else.
    (tmp_path / "a/status.json").write_text('{"state": "finished"}')
    for name in ("b", "c"):
        write_status(RunFolder(tmp_path / name), Status("finished"))
    assert first_existing_experiment(tmp_path / name for name in "abc") == tmp_path / "b"
    assert first_existing_experiment([tmp_path, tmp_path / ("x" * 5000)]) is None

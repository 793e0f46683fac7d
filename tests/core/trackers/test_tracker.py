"""The base class ignores all calls."""

from pathlib import Path

import pytest

from hydro.trackers.tracker import Tracker


def test_the_base_class_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tracker = Tracker()
    tracker.start({"training.epochs": 1})
    tracker.log({"training/loss": 1.0}, 16)
    tracker.close(failed=False)
    assert list(tmp_path.iterdir()) == []

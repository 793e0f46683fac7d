"""A short run, logged to a tracker in the way that a run logs."""

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from hydro.plugins import builtin
from hydro.plugins.registry import Registry
from hydro.settings.loading import load
from hydro.trackers.tracker import Tracker

PLANTED = "planted-token-0123456789-0123456789-0123"
"""A token that no file may hold."""

METRICS = [
    ({"before training/mAP": 0.25, "before training/samples": 0}, 0),
    ({"training/loss": 2.5, "training/samples": 16}, 16),
    ({"training/loss": 1.5, "training/samples": 32}, 32),
    ({"scores/validation/Precision@1/after": 0.75}, 32),
]

VARIABLES = ("MLFLOW_", "NEPTUNE_", "TRACKIO_", "WANDB_")
TOKENS = ("MLFLOW_TRACKING_TOKEN", "NEPTUNE_API_TOKEN", "TRACKIO_WRITE_TOKEN", "HF_TOKEN")


@pytest.fixture
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Plant tokens, name no server, and make an empty folder the working folder and the home."""
    for name in [name for name in os.environ if name.startswith(VARIABLES)]:
        monkeypatch.delenv(name)
    for name in TOKENS:
        monkeypatch.setenv(name, PLANTED)
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def build(wordcount_yml: Path, registry: Registry, tmp_path: Path) -> Callable[..., Tracker]:
    """Build a tracker by its name, with changed settings, for a run in ``tmp_path/calm``."""
    (tmp_path / "calm").mkdir()

    def built(name: str, *changes: str) -> Tracker:
        model = registry.schema(registry.problem("linear_regression"))
        settings = load(wordcount_yml, model, (f"logging.logger={name}", *changes)).settings
        (record,) = (each for each in builtin.hydro_loggers() if each.name == name)
        tracker: Tracker = record.build(settings, name="calm", folder=tmp_path / "calm")
        return tracker

    return built


@pytest.fixture
def log_run(build: Callable[..., Tracker], clean: Path, tmp_path: Path) -> Callable[..., Path]:
    """Log a run to a tracker, check that nothing else was written, and return the run's folder."""

    def logged(name: str, package: str, *changes: str, failed: bool = False) -> Path:
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
        tracker = build(name, *changes)
        tracker.start({"training.epochs": 5.0, "training.drop_last_batch": True, "folds": ("0",)})
        for values, step in METRICS:
            tracker.log(values, step)
        tracker.close(failed=failed)
        files = [each for each in (tmp_path / "calm").rglob("*") if each.is_file()]
        assert [each for each in files if PLANTED.encode() in each.read_bytes()] == []
        assert list(clean.rglob("*")) == []
        return tmp_path / "calm"

    return logged

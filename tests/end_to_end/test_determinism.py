"""One seed gives one model, whoever prepares the batches and wherever the run is trained."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

SHORT = ("training.epochs=1",)


def digest(folder: Path) -> str:
    """Hash the weights of a trained model."""
    return hashlib.sha256((folder / "model/model.safetensors").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def alone(shared: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The weights of a run in this process, whose batches it prepares itself."""
    outcome = shared.at(tmp_path_factory.mktemp("alone")).run(*SHORT)
    return digest(outcome.folder)


def test_workers_change_nothing(alone: str, texts: Any) -> None:
    outcome = texts.run(*SHORT, "environment.number_of_workers=4")
    assert digest(outcome.folder) == alone


def test_another_seed_gives_another_model(alone: str, texts: Any) -> None:
    assert digest(texts.run(*SHORT, "environment.seed=4").folder) != alone


def test_the_executor_and_the_seed_of_hashes_change_nothing(
    alone: str, texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each run of a tuning is a process of its own, which inherits this; here the seed is random.
    monkeypatch.setenv("PYTHONHASHSEED", "77")
    outcome = texts.run(*SHORT, "grid_search={learning_rate: [5e-3]}")
    (run,) = (outcome.folder / "runs").iterdir()
    assert digest(run) == alone


def test_the_order_in_which_classes_appear_numbers_nothing(texts: Any) -> None:
    from hydro.data.labels import Labels

    frame = texts.prepare().frames.train
    assert Labels.of(frame[::-1], ("label",)) == Labels.of(frame, ("label",))

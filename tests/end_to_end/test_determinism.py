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


@pytest.mark.parametrize("workers", [1, 4])
def test_workers_change_nothing(workers: int, alone: str, texts: Any) -> None:
    outcome = texts.run(*SHORT, f"environment.number_of_workers={workers}")
    assert digest(outcome.folder) == alone


def test_another_seed_gives_another_model(alone: str, texts: Any) -> None:
    assert digest(texts.run(*SHORT, "environment.seed=4").folder) != alone


@pytest.mark.parametrize("hash_seed", ["1", "77"])
def test_the_queue_and_the_seed_of_hashes_change_nothing(
    hash_seed: str, alone: str, texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each run of a search is a process of its own, which takes this over.
    monkeypatch.setenv("PYTHONHASHSEED", hash_seed)
    outcome = texts.run(*SHORT, "grid_search={learning_rate: [5e-3]}")
    (run,) = (outcome.folder / "runs").iterdir()
    assert digest(run) == alone


def test_the_order_in_which_classes_appear_numbers_nothing(texts: Any) -> None:
    from hydro.data.labels import Labels

    frame = texts.prepare().frames.train
    assert Labels.of(frame[::-1], ("label",)) == Labels.of(frame, ("label",))

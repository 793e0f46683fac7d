"""Tests of smaller batches after a run is out of memory, in one process and in several."""

import json
from typing import Any

import pytest
import torch
import yaml

from hydro.artifacts.results import read_environment, write_scores
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, write_status
from hydro.errors import OutOfMemoryError, ResourceError, SettingsError
from hydro.experiment.batch_sizes import with_batch_size
from hydro.experiment.resume import merge_stored
from hydro.experiment.train import train
from hydro.plugins.components import Loss
from hydro.training.progress import NoProgress

ADJUST = "training.automatically_adjust_batch_size=true"


def hungry(settings: Any, *, model: Any, targets: Any) -> Any:
    """Build a loss that is out of memory with more than four rows."""
    module = torch.nn.Module()

    def forward(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        if len(outputs) > 4:
            raise torch.OutOfMemoryError
        return (outputs - targets).square().mean()

    module.forward = forward  # type: ignore[method-assign]
    return module


def with_processes(experiment: Any, **training: Any) -> Any:
    """Return the settings of an experiment whose run is trained by two processes."""
    settings = experiment.settings
    environment = settings.environment.model_copy(update={"number_of_gpus_per_run": 2})
    changed = settings.training.model_copy(update=training)
    return settings.model_copy(update={"environment": environment, "training": changed})


def test_batches_that_do_not_fit_are_halved_as_if_the_run_had_started_so(word_count: Any) -> None:
    small = word_count.replacing(Loss("MSE", hungry, problems=("linear_regression",)))
    with pytest.raises(OutOfMemoryError, match="out of memory"):
        small.run("training.batch_size=16")
    adjusted = small.run("training.batch_size=16", ADJUST)
    alone = small.run("training.batch_size=4")
    for name in ("model/model.safetensors", "scores.json"):
        assert (adjusted.folder / name).read_bytes() == (alone.folder / name).read_bytes()
    facts = json.loads((adjusted.folder / "environment.json").read_text())
    assert (facts["batch_size_asked"], facts["batch_size"]) == (16, 4)
    stored = yaml.safe_load((adjusted.folder / "config.yaml").read_text())
    assert stored["training"]["batch_size"] == 4
    names = [sorted(each.name for each in run.folder.rglob("*")) for run in (adjusted, alone)]
    assert names[0] == names[1]
    log = (adjusted.folder / "log.txt").read_text()
    assert log.count("WARNING out of memory: restarting with batches of") == 2


def test_a_single_row_that_does_not_fit_is_an_error(word_count: Any) -> None:
    def build(settings: Any, *, model: Any, targets: Any) -> Any:
        module = torch.nn.Module()

        def forward(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            raise MemoryError

        module.forward = forward  # type: ignore[method-assign]
        return module

    tiny = word_count.replacing(Loss("MSE", build, problems=("linear_regression",)))
    with pytest.raises(OutOfMemoryError):
        tiny.run("training.batch_size=2", ADJUST, "experiment_name=x")
    facts = json.loads((word_count.output / "x" / "environment.json").read_text())
    assert (facts["batch_size_asked"], facts["batch_size"]) == (2, 1)


@pytest.mark.parametrize(("name", "fits"), [("batch_size", 4), ("batch_tokens", 90)])
def test_processes_restart_with_half_of_what_bounds_a_batch(
    name: str, fits: int, word_count: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stored sizes are those that a resumed run asks for and resumes with."""
    experiment = word_count.prepare("experiment_name=x", ADJUST)
    settings = with_processes(experiment, **{name: 4 * fits})
    folder, attempts = RunFolder.create(word_count.output, "x"), []

    def start(folder: RunFolder, count: int) -> None:
        size = yaml.safe_load(folder.config.read_text())["training"][name]
        attempts.append((size, count))
        assert len(attempts) < 9, "the batches do not become smaller"
        if size > fits:
            folder.checkpoints.mkdir(exist_ok=True)
            write_status(folder, Status.failed(OutOfMemoryError("out of memory")))
            return
        assert not folder.checkpoints.exists()
        write_scores(folder, {})
        write_status(folder, Status("finished"))

    monkeypatch.setattr("hydro.experiment.launch._start", start)
    train(experiment.with_settings(settings), folder, NoProgress())
    assert attempts == [(4 * fits, 2), (2 * fits, 2), (fits, 2)]
    facts = read_environment(folder)
    assert (facts[f"{name}_asked"], facts[name]) == (4 * fits, fits)

    stored = with_batch_size(settings, fits)
    assert merge_stored(settings, stored, facts) == stored
    with pytest.raises(SettingsError, match=f"training.{name} is {3 * fits}, was {fits}"):
        merge_stored(with_batch_size(settings, 3 * fits), stored, facts)


def test_a_resumed_run_starts_with_the_batches_that_fitted(
    word_count: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = word_count.prepare("experiment_name=x", ADJUST)
    settings = with_processes(experiment, batch_tokens=400)
    folder, attempts = RunFolder.create(word_count.output, "x"), []

    def start(folder: RunFolder, count: int) -> None:
        size = yaml.safe_load(folder.config.read_text())["training"]["batch_tokens"]
        attempts.append(size)
        assert len(attempts) < 9, "the batches do not become smaller"
        if size > 100:
            write_status(folder, Status.failed(OutOfMemoryError("out of memory")))
        elif attempts.count(100) == 1:
            write_status(folder, Status.failed(ResourceError("disk full")))
        else:
            write_scores(folder, {})
            write_status(folder, Status("finished"))

    monkeypatch.setattr("hydro.experiment.launch._start", start)
    with pytest.raises(ResourceError, match="disk full"):
        train(experiment.with_settings(settings), folder, NoProgress())
    train(experiment.with_settings(settings), folder, NoProgress())
    assert attempts == [400, 200, 100, 100]


def test_what_is_not_adjusted_fails_at_once(
    word_count: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = word_count.prepare("experiment_name=x")
    folder, attempts = RunFolder.create(word_count.output, "x"), []

    def start(folder: RunFolder, count: int) -> None:
        attempts.append(count)
        write_status(folder, Status.failed(OutOfMemoryError("out of memory")))

    monkeypatch.setattr("hydro.experiment.launch._start", start)
    with pytest.raises(OutOfMemoryError):
        train(experiment.with_settings(with_processes(experiment)), folder, NoProgress())
    assert attempts == [2]


def test_the_bound_by_tokens_is_what_is_halved_where_there_is_one(word_count: Any) -> None:
    by_rows = word_count.prepare("training.batch_size=16").settings
    assert with_batch_size(by_rows, 8).training.batch_size == 8
    by_tokens = word_count.prepare("training.batch_size=16", "training.batch_tokens=300").settings
    smaller = with_batch_size(by_tokens, 150).training
    assert (smaller.batch_size, smaller.batch_tokens) == (16, 150)

"""A run in several processes is the run in one, and ends for one reason, which its status has."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from torch.distributed import HashStore

from hydro.artifacts.files import write_text
from hydro.artifacts.results import read_environment
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import read_status
from hydro.errors import HydroError, PluginError, ResourceError, SettingsError
from hydro.executors.local import LocalExecutor, Task
from hydro.experiment.launch import launch
from hydro.experiment.train import create_folder, train
from hydro.training.distributed import DistributedGroup
from hydro.training.progress import NoProgress

WITNESS = '''
"""A logger that sees which GPUs its process has, and losses that fail."""
import os, time
from hydro.api import Logger, Loss, hookimpl

@hookimpl
def hydro_loggers():
    return [Logger("Witness", build_logger)]

@hookimpl
def hydro_losses():
    return [Loss(name, build_loss(name)) for name in ("Cramped", "Broken", "Killed")]

def build_logger(settings, *, name, folder):
    from hydro.api import Tracker
    (folder / "gpus").write_text(os.environ["CUDA_VISIBLE_DEVICES"])
    for _ in range(600):
        if len(list(folder.parent.glob("*/gpus"))) == 2:
            break
        time.sleep(0.1)
    else:
        raise RuntimeError("no other run beside this one")
    return Tracker()

def build_loss(name):
    def build(settings, *, model, targets):
        import torch
        class Failing(torch.nn.MSELoss):
            calls = 0
            def forward(self, outputs, targets):
                self.calls += 1
                if os.environ.get("RANK") == "1" and self.calls == 3:
                    if name == "Broken": raise ValueError("broken")
                    if name == "Killed": os.kill(os.getpid(), 9)
                if name == "Cramped" and len(outputs) > 2 and os.environ.get("RANK") == "1":
                    raise torch.OutOfMemoryError("CUDA out of memory")
                return super().forward(outputs, targets)
        return Failing()
    return build
'''


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let processes find two plugins as if they were installed."""
    (site / "hydro_witness.py").write_text(WITNESS)
    facts = site / "hydro_witness-0.1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: hydro-witness\nVersion: 1\n")
    (facts / "entry_points.txt").write_text("[hydro.plugins]\nwitness = hydro_witness\n")
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=os.pathsep)


def settings_of(word_count: Any, *changes: str) -> Any:
    """Settle settings that name a loss or a logger only other processes have."""
    settings = word_count.prepare("environment.seed=3", "training.epochs=2").settings
    for change in changes:
        path, _, value = change.partition("=")
        section, name = path.split(".")
        part = getattr(settings, section).model_copy(update={name: json.loads(value)})
        settings = settings.model_copy(update={section: part})
    return settings


def events(folder: Path) -> list[dict[str, Any]]:
    """Read the history of a run, but for the times."""
    lines = (folder / "history.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "time"} for line in lines]


@pytest.mark.usefixtures("installed")
def test_two_processes_leave_the_folder_that_one_does(word_count: Any) -> None:
    best = ("training.save_best_checkpoint=true",)
    folder = RunFolder.create(word_count.output, "two")
    launch(settings_of(word_count, "training.batch_size=4", *best), folder, 2)
    one = word_count.run(
        "experiment_name=one", "training.batch_size=8", "training.epochs=2", *best
    ).folder
    names = [
        sorted(each.relative_to(path).as_posix() for each in path.rglob("[!.]*"))
        for path in (one, folder.path)
    ]
    assert names[0] == names[1]
    first, second = events(one), events(folder.path)
    assert len(first) == len(second) > 6
    for expected, found in zip(first, second, strict=True):
        assert found == pytest.approx(expected, abs=1e-4)
    assert read_environment(folder)["processes"] == 2
    assert (folder.path / "log.txt").read_text().count("after training") == 1


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("loss", "kind", "said", "reason"),
    [
        ("Broken", PluginError, "plugin 'witness' .* ValueError: broken", "plugin"),
        ("Killed", ResourceError, "of this run has ended|of it was killed", "resources"),
    ],
)
def test_what_fails_in_one_process_ends_all_and_is_said(
    loss: str, kind: type[HydroError], said: str, reason: str, word_count: Any
) -> None:
    folder = RunFolder.create(word_count.output, "x")
    settings = settings_of(word_count, f'training.loss_function="{loss}"', "training.batch_size=4")
    with pytest.raises(kind, match=said):
        launch(settings, folder, 2)
    status = read_status(folder)
    assert (status.state, status.reason) == ("failed", reason)
    if loss == "Broken":
        # Where a process was killed, the launcher may end the others before they log anything.
        assert "Traceback" in (folder.path / "log.txt").read_text()


@pytest.mark.usefixtures("installed")
def test_when_one_process_has_too_little_memory_all_start_again_with_smaller_batches(
    word_count: Any,
) -> None:
    folder = RunFolder.create(word_count.output, "x")
    cramped = ('training.loss_function="Cramped"', "training.batch_size=4")
    adjusting = "training.automatically_adjust_batch_size=true"
    two = "environment.number_of_gpus_per_run=2"
    settings = settings_of(word_count, *cramped, adjusting, two)
    train(word_count.prepare().with_settings(settings), folder, NoProgress())
    assert read_status(folder).state == "finished"
    facts = read_environment(folder)
    assert (facts["batch_size_asked"], facts["batch_size"]) == (4, 2)
    assert "batch_size: 2" in folder.config.read_text()


@pytest.mark.usefixtures("installed")
def test_runs_side_by_side_see_their_own_gpus(word_count: Any) -> None:
    from hydro.settings.yaml_writer import dump

    settings = settings_of(word_count, 'logging.logger="Witness"')
    folders = [RunFolder.create(word_count.output, name) for name in ("a", "b")]
    for each in folders:
        write_text(each.config, dump(settings))

    def trained_in(folder: RunFolder) -> Task:
        return lambda train: train(folder.path, lambda: False)

    LocalExecutor([("4", "6"), ("5", "7")]).run(map(trained_in, folders))
    assert [read_status(each).state for each in folders] == ["finished"] * 2
    assert {(each.path / "gpus").read_text() for each in folders} == {"4,6", "5,7"}


@pytest.mark.usefixtures("installed")
def test_who_stops_the_launcher_stops_the_processes_and_they_go_on(word_count: Any) -> None:
    from hydro.settings.yaml_writer import dump

    settings = settings_of(word_count, "training.epochs=150", "training.evaluation_epochs=50")
    folder = RunFolder.create(word_count.output, "x")
    write_text(folder.config, dump(settings))
    script = (
        "import sys; from pathlib import Path; from hydro.cli.options import read_request\n"
        "from hydro.training.signals import StopSignal\n"
        "from hydro.artifacts.run_folder import RunFolder\n"
        "from hydro.experiment.launch import launch\n"
        "folder = RunFolder(Path(sys.argv[1])); StopSignal.on_signals()\n"
        "launch(read_request(folder.config, None, ()).loaded.settings, folder, 2)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(folder.path)])
    history = folder.path / "history.jsonl"
    while process.poll() is None and not (history.exists() and '"training"' in history.read_text()):
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 143
    assert read_status(folder).state == "stopped"
    assert len(list(folder.checkpoints.glob("step-*"))) == 1

    launch(settings, folder, 2)
    assert "resuming from checkpoint step-" in (folder.path / "log.txt").read_text()
    whole = RunFolder.create(word_count.output, "whole")
    launch(settings, whole, 2)
    models = [each.model / "model.safetensors" for each in (folder, whole)]
    assert models[0].read_bytes() == models[1].read_bytes()
    assert events(folder.path) == events(whole.path)


def test_several_runs_are_not_started_by_torchs_launcher(word_count: Any) -> None:
    import dataclasses

    experiment = word_count.prepare("dataset.folds=[0, 1]")
    together = dataclasses.replace(experiment, processes=DistributedGroup(0, 2, store=HashStore()))
    with pytest.raises(SettingsError, match="2 runs, in processes that torch's launcher started"):
        create_folder(together, word_count.output)
    assert not word_count.output.exists()

"""What only a GPU can show: half precision, resume to the bit, memory that runs out."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from hydro.errors import OutOfMemoryError
from hydro.training.step import TrainStep
from hydro_text_metric_learning.offered_losses import offered_losses

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")

GPU = "environment.gpus=['0']"
FLOAT32 = ("environment.mixed_precision_training=false", "training.learning_rate=5e-4")
HALF = ("environment.mixed_precision_training=true", "training.learning_rate=5e-4")
SHORT = ("training.epochs=1", "environment.mixed_precision_inference=false")
LOSSES = [each.name for each in offered_losses("text_metric_learning")]
HARD = (
    "architecture.intermediate_dropout=0.1",
    "training.grad_accumulation=2",
    "training.loss_function=CrossEntropy",
    "training.sampled_classes=3",
)
"""Dropout, accumulation, and rows of the loss that have no gradient."""


def losses(folder: Path) -> list[float]:
    """Read the losses of all updates."""
    events = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    return [each["loss"] for each in events if each["event"] == "training"]


def weights(folder: Path) -> bytes:
    """Read the weights of a trained model."""
    return (folder / "model/model.safetensors").read_bytes()


def test_a_gpu_learns_what_a_cpu_learns(texts: Any) -> None:
    on_cpu = texts.run(*SHORT, *FLOAT32)
    on_gpu = texts.run(*SHORT, *FLOAT32, GPU)
    assert losses(on_gpu.folder) == pytest.approx(losses(on_cpu.folder), rel=1e-4)
    for split, scores in on_cpu.scores.items():
        assert on_gpu.scores[split]["after"] == pytest.approx(scores["after"], abs=1e-3)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_is_on_a_gpu_what_it_is_on_a_cpu(loss: str, texts: Any) -> None:
    changes = (*SHORT, *FLOAT32, f"training.loss_function={loss}", "training.sampler=Balanced")
    on_cpu, on_gpu = texts.run(*changes), texts.run(*changes, GPU)
    assert losses(on_gpu.folder) == pytest.approx(losses(on_cpu.folder), rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("changes", [(), HARD], ids=["plain", "hard"])
@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16], ids=str)
def test_half_precision_loses_what_float32_does(
    half: torch.dtype, changes: tuple[str, ...], texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = texts.run(*SHORT, *FLOAT32, GPU, *changes)
    monkeypatch.setattr("hydro.training.precision._half", lambda device: half)
    # float16 would skip its first updates, until the scale suits.
    scaler = torch.amp.GradScaler("cuda", init_scale=256, enabled=half is torch.float16)
    monkeypatch.setattr("hydro.training.precision.Precision.scaler", lambda self: scaler)
    mixed = texts.run(*SHORT, *HALF, GPU, *changes)
    environment = json.loads((mixed.folder / "environment.json").read_text())
    assert environment["precision"] == str(half).removeprefix("torch.")
    assert losses(mixed.folder) == pytest.approx(losses(whole.folder), rel=0.03)


@pytest.mark.parametrize("changes", [(), HARD], ids=["plain", "hard"])
def test_a_run_resumes_to_the_bit(
    changes: tuple[str, ...], texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hydro.experiment.train import open_folder, run
    from hydro.training.progress import NoProgress

    settings = ("training.epochs=2", "training.checkpoint_minutes=1e-9", *HALF, GPU, *changes)
    whole = texts.run(*settings)
    assert weights(texts.run(*settings).folder) == weights(whole.folder)

    original = TrainStep.optimizer_step

    def interrupted(step: TrainStep) -> None:
        if step.done == 3:
            raise KeyError
        original(step)

    with monkeypatch.context() as patch, pytest.raises(KeyError):
        patch.setattr(TrainStep, "optimizer_step", interrupted)
        texts.run(*settings, "experiment_name=stopped")
    folder = texts.output / "stopped"
    experiment = texts.prepare(config=folder / "config.yaml")
    run(experiment, open_folder(experiment, folder), NoProgress())
    assert weights(folder) == weights(whole.folder)


def test_memory_that_runs_out_is_explained_and_halves_the_batch(
    texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = TrainStep.accumulate

    def hungry(step: TrainStep, batches: Any, group: Any) -> torch.Tensor:
        if len(group[0]) > 5:
            torch.empty(2**45, dtype=torch.uint8, device=step.precision.device)
        return original(step, batches, group)

    monkeypatch.setattr(TrainStep, "accumulate", hungry)
    adjust = "training.automatically_adjust_batch_size"
    with pytest.raises(OutOfMemoryError, match=r"Lower training\.batch_size"):
        texts.run(*SHORT, *HALF, GPU, f"{adjust}=false")
    outcome = texts.run(*SHORT, *HALF, GPU, f"{adjust}=true")
    assert json.loads((outcome.folder / "environment.json").read_text())["batch_size"] == 4


def test_a_model_of_a_gpu_embeds_on_a_cpu_as_well(
    texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hydro.artifacts.run_folder import RunFolder
    from hydro.inference.trained_model import open_trained

    folder = RunFolder(texts.run(*SHORT, *FLOAT32, GPU).folder)
    frame = texts.prepare().frames.validation
    on_gpu, _ = open_trained(folder, texts.registry).embed(frame)
    monkeypatch.setattr("hydro.inference.trained_model.pick_device", lambda *_: torch.device("cpu"))
    on_cpu, _ = open_trained(folder, texts.registry).embed(frame)
    assert abs(on_gpu - on_cpu).max() < 1e-5

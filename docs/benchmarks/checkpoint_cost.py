"""Measures what a checkpoint of all-MiniLM-L6-v2 with ArcFace and AdamW costs.

python docs/benchmarks/checkpoint_cost.py [--classes 77] [--times 5]
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoModel

from hydro.settings.sections import TrainingSection
from hydro.text.backbones import find_backbone
from hydro.training.batch_plan import BatchPlan
from hydro.training.best_weights import BestWeights
from hydro.training.checkpoint import Checkpoints
from hydro.training.checkpointing import Checkpointer
from hydro.training.precision import Precision
from hydro.training.progress import NoProgress
from hydro.training.samplers import ShuffledBatches
from hydro.training.signals import StopSignal
from hydro.training.step import TrainStep
from hydro.training.trainer import Trainer
from hydro_text_metric_learning.losses.arcface import ArcFace


def step_after_one_update(classes: int) -> TrainStep:
    """Return a training whose optimizer has all of its state."""
    model = AutoModel.from_pretrained(find_backbone("sentence-transformers/all-MiniLM-L6-v2"))
    loss: nn.Module = ArcFace(384, classes, margin=0.1, scale=45)
    weights = [*model.parameters(), *loss.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=1e-4, fused=True)
    precision = Precision(torch.device("cpu"), None, None)
    step = TrainStep(
        model,
        loss,
        optimizer=optimizer,
        lr_lambda=lambda done: 1,
        precision=precision,
        max_grad_norm=0,
    )
    for each in weights:
        each.grad = torch.randn_like(each)
    step.optimizer_step()
    return step


def measure(classes: int, times: int) -> None:
    """Save and load, and print how long that took and how much it is."""
    step = step_after_one_update(classes)
    training = TrainingSection(loss_function="ArcFace", epochs=1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        nothing: Any = None
        trainer = Trainer(
            step,
            nothing,
            BatchPlan(ShuffledBatches(10_000, 1, training), training),
            seed=1,
            workers=0,
            validate=lambda samples: 0.0,
            record=lambda event, values: None,
            progress=NoProgress(),
        )
        best = BestWeights(step.model, higher_is_better=True)
        (folder / "history.jsonl").write_text("")
        checkpoints = Checkpoints(folder / "checkpoints")
        given = (checkpoints, None, folder / "history.jsonl", 1e-9, StopSignal(), {})
        saves = Checkpointer(*given)
        saves.restore(trainer, best)
        seconds = []
        for _ in range(times):
            trainer.log.done += 1
            started = time.perf_counter()
            saves.on_step_end()
            seconds.append(time.perf_counter() - started)
        started = time.perf_counter()
        found = checkpoints.newest()
        assert found is not None
        Checkpointer(checkpoints, found, *given[2:]).restore(trainer, best)
        loading = time.perf_counter() - started
        size = sum(each.stat().st_size for each in found.path.iterdir()) / 1e6
    told = ", ".join(f"{each:.2f}" for each in seconds)
    sys.stdout.write(f"{size:.0f} MB; saved in {statistics.median(seconds):.2f} s ({told})\n")
    sys.stdout.write(f"checked and loaded in {loading:.2f} s\n")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--classes", type=int, default=77)
    arguments.add_argument("--times", type=int, default=5)
    given = arguments.parse_args()
    measure(given.classes, given.times)

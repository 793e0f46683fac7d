"""Updates ArcFace over a million classes, with a sample of them a batch and with all.

    python docs/benchmarks/million_classes.py [--classes 1000000] [--sampled 2000 10000 all]

Batches of 64 embeddings of length 384, one linear layer as the model, AdamW. Prints the updates a
second, the peak of memory above what torch takes by itself, and the mean loss of the first and the
last quarter of updates. Each way is a process of its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import time

import torch
from torch import nn
from torch.nn import functional

from hydro.plugins.builtin import hydro_optimizers
from hydro.training.dataset import Batch
from hydro.training.precision import Precision
from hydro.training.step import TrainStep
from hydro_text_metric_learning.losses.arcface import ArcFace

SIZE, ROWS, SEEN = 384, 64, 512
CPU = Precision(torch.device("cpu"), None, None)


def peak() -> float:
    """Return the highest memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def measure(classes: int, sampled: int | None, updates: int) -> dict[str, float]:
    """Make some updates, of batches of a few classes that come again."""
    torch.manual_seed(0)
    before = peak()
    loss = ArcFace(SIZE, classes, 0.2, 30.0, sampled)
    model = nn.Linear(SIZE, SIZE)
    build = {each.name: each.build for each in hydro_optimizers()}["AdamW"]
    params = [*model.parameters(), *loss.parameters()]
    groups = [{"params": params, "lr": 1e-3, "weight_decay": 0.0}]
    step = TrainStep(model, loss, build(None, groups=groups), lambda update: 1.0, CPU, 0.0)
    chosen = torch.randperm(classes)[:SEEN]
    places = functional.normalize(torch.randn(SEEN, SIZE))
    losses, started = [], 0.0
    for update in range(updates + 1):
        if update == 1:  # the first one makes the optimizer's averages
            started = time.perf_counter()
        rows = torch.randint(SEEN, (ROWS,))
        noise = torch.randn(ROWS, SIZE) / 40
        batch = Batch(places[rows] + noise, chosen[rows])
        losses.append(float(step.accumulate(iter([batch]), [rows.numpy()])))
        step.clip()
        step.optimizer_step()
    seconds = time.perf_counter() - started
    quarter = max(1, updates // 4)
    return {
        "updates_a_second": round(updates / seconds, 2),
        "peak_gb": round(peak() - before, 2),
        "first_loss": round(sum(losses[:quarter]) / quarter, 3),
        "last_loss": round(sum(losses[-quarter:]) / quarter, 3),
    }


def main() -> None:
    """Print a line of JSON for each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--classes", type=int, default=1_000_000)
    parser.add_argument("--sampled", nargs="+", default=["2000", "10000", "all"])
    parser.add_argument("--alone", action="store_true", help="in this very process")
    arguments = parser.parse_args()
    for each in arguments.sampled:
        if arguments.alone:
            sampled = None if each == "all" else int(each)
            figures = measure(arguments.classes, sampled, 3 if sampled is None else 60)
            sys.stdout.write(json.dumps({"sampled": each, **figures}) + "\n")
        else:
            own = ["--classes", str(arguments.classes), "--sampled", each, "--alone"]
            subprocess.run([sys.executable, __file__, *own], check=True)


if __name__ == "__main__":
    main()

"""Trains small models, alone or as one of several processes, and writes down what came of it.

``python law.py FOLDER`` trains with a batch of 2b, torch's launcher with two processes of b.
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch
from torch import nn

from hydro.settings.sections import TrainingSection
from hydro.training.batch_plan import BatchPlan
from hydro.training.dataset import Batch
from hydro.training.distributed import ProcessGroup, init_process_group
from hydro.training.precision import Precision
from hydro.training.progress import NoProgress
from hydro.training.randomness import Draw
from hydro.training.samplers import ShuffledBatches
from hydro.training.step import TrainStep
from hydro.training.trainer import Trainer

ROWS = 15

CASES: dict[str, dict[str, Any]] = {
    "plain": {"batch_size": 2},
    "accumulated": {"batch_size": 2, "grad_accumulation": 3},
    "shares that differ": {"batch_size": 4, "drop_last_batch": False},
    "one row left": {"batch_size": 7, "drop_last_batch": False},
    "accumulated, one row left": {
        "batch_size": 1,
        "grad_accumulation": 3,
        "drop_last_batch": False,
    },
    "clipped": {"batch_size": 3, "gradient_clip": 0.1, "drop_last_batch": False},
    "pairs": {"batch_size": 4, "drop_last_batch": False},
    "pairs, accumulated, one row left": {
        "batch_size": 1,
        "grad_accumulation": 3,
        "drop_last_batch": False,
    },
}


class Rows:
    """Ten numbers a row, of one of three classes."""

    def __init__(self) -> None:
        torch.manual_seed(1)
        self.inputs = torch.randn(ROWS, 10) + 3
        self.classes = torch.arange(ROWS) % 3

    def __len__(self) -> int:
        return ROWS

    def batch(self, rows: Any, *, draw: Draw | None = None) -> Batch:
        """Return some rows."""
        return Batch(self.inputs[rows], self.classes[rows])


class Classify(nn.Module):
    """A loss with weights of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.centers = nn.Parameter(torch.randn(3, 6))

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Compare outputs with the center of each class."""
        return nn.functional.cross_entropy(outputs @ self.centers.T, targets)


class Compare(Classify):
    """A loss of all pairs of a batch, and of the rows, with weights of its own."""

    compares_rows = True

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Push all rows of a batch apart, beside classifying them."""
        return super().forward(outputs, targets) + (outputs @ outputs.T).logsumexp(dim=(0, 1))


def train(name: str, processes: ProcessGroup) -> dict[str, Any]:
    """Train one case for three epochs; give its figures and weights."""
    # As if prepare() had come out a little different in each process.
    torch.manual_seed(2 + processes.rank)
    model, loss = (
        nn.Sequential(nn.Linear(10, 6), nn.Tanh()),
        (Compare if "pairs" in name else Classify)(),
    )
    batch = CASES[name]["batch_size"] * 2 // processes.world_size
    chosen = {"loss_function": "any", "epochs": 3, **CASES[name], "batch_size": batch}
    training = TrainingSection.model_validate(chosen)
    weights = [*model.parameters(), *loss.parameters()]
    events: list[dict[str, Any]] = []
    step = TrainStep(
        model,
        loss,
        torch.optim.SGD(weights, lr=0.1, momentum=0.9),
        lambda done: 1.0,
        Precision(torch.device("cpu"), None, None),
        training.gradient_clip,
        processes,
    )
    samples = Trainer(
        step,
        Rows(),
        BatchPlan(ShuffledBatches(ROWS, 1, training, processes.world_size), training),
        seed=1,
        workers=0,
        validate=lambda samples: 0.0,
        record=lambda event, values: events.append(dict(values)),
        progress=NoProgress(),
    ).fit()
    state = {**model.state_dict(), **loss.state_dict()}
    return {
        "samples": samples,
        "events": events,
        "weights": {name: each.tolist() for name, each in state.items()},
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    with init_process_group() as processes:
        found = {name: train(name, processes) for name in CASES}
        found["agreed"] = {"text": processes.broadcast(f"said by {processes.rank}")}
        path = Path(sys.argv[1], f"{processes.world_size}-{processes.rank}.json")
        path.write_text(json.dumps(found))

"""A training goes on from a checkpoint with all that decides what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hydro_linear_regression.letters import LetterCounts
from numpy.typing import NDArray
from torch import nn

from hydro.errors import TrainingError
from hydro.plugins import builtin
from hydro.settings.sections import Settings, TrainingSection
from hydro.training.batch_plan import BatchPlan
from hydro.training.best_weights import BestWeights
from hydro.training.checkpoint import Checkpoints
from hydro.training.checkpointing import Checkpointer
from hydro.training.dataset import Batch
from hydro.training.precision import Precision
from hydro.training.progress import NoProgress
from hydro.training.randomness import Draw
from hydro.training.samplers import ShuffledBatches
from hydro.training.signals import StopSignal
from hydro.training.step import TrainStep
from hydro.training.trainer import Trainer

NONE: Any = None
SETTINGS: Settings = NONE  # hydro's own optimizers do not look at them
CPU = Precision(torch.device("cpu"), None, None)


def plan(rows: int, seed: int, training: TrainingSection) -> BatchPlan:
    """Plan the updates over shuffled rows."""
    return BatchPlan(ShuffledBatches(rows, seed, training), training)


class Loss(nn.Module):
    """A squared error from one of few rows that learn, of which a batch touches some."""

    def __init__(self, *, sparse: bool) -> None:
        super().__init__()
        vectors = torch.randn(16, 1, generator=torch.Generator().manual_seed(4))
        self.rows = nn.Embedding.from_pretrained(vectors, freeze=False, sparse=sparse)

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        own = self.rows((targets.abs() * 100).long() % 16).squeeze(1)
        return ((outputs - targets * own) ** 2).mean()


class Line(nn.Module):
    """A line with dropout before it, and statistics of what it has seen."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.dropout = nn.BatchNorm1d(10), nn.Dropout(0.3)
        self.line = nn.Linear(10, 1)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.line(self.dropout(self.norm(inputs))).squeeze(1)


class Trained:
    """A training from its beginning, or from a checkpoint, for as long as it is let."""

    def __init__(self, folder: Path, training: Any, optimizer: str, *, sparse: bool) -> None:
        (record,) = [each for each in builtin.hydro_optimizers() if each.name == optimizer]
        torch.manual_seed(7)
        self.model, self.loss = Line(), Loss(sparse=sparse)
        groups = [
            {"params": [*each.parameters()], "lr": 0.05, "weight_decay": 0.1}
            for each in (self.model, self.loss)
        ]
        self.step = TrainStep(
            self.model,
            self.loss,
            optimizer=record.build(SETTINGS, groups=groups),
            lr_lambda=lambda done: 1 - done / 16,
            precision=CPU,
            max_grad_norm=1.0,
        )
        self.updates = plan(16, 1, training(epochs=4, batch_size=4))
        folder.mkdir(exist_ok=True)
        self.folder, self.stop = folder, StopSignal()
        checkpoints = Checkpoints(folder / "checkpoints")
        facts: Mapping[str, Any] = {"settings": {}}
        self.checkpointer = Checkpointer(
            checkpoints, checkpoints.newest(), folder / "history.jsonl", 1e-9, self.stop, facts
        )
        self.best = BestWeights(self.model, higher_is_better=True)
        self.seen = 0

    def __call__(self, rows: LetterCounts, stop_at: int | None = None) -> "Trained":
        """Train; as if by a signal, stop after an update or during the validation after it."""

        def record(event: str, values: Mapping[str, Any]) -> None:
            self.seen += 1
            with (self.folder / "history.jsonl").open("a") as file:
                file.write(f"{values['update']} {values['loss']}\n")
            if values["update"] == stop_at:
                self.stop.request()

        def validate(samples: int) -> float:
            torch.rand(samples)
            self.best.update(-samples)
            return 0.0

        trainer = Trainer(
            self.step,
            rows,
            self.updates,
            seed=1,
            workers=0,
            validate=validate,
            record=record,
            progress=NoProgress(),
            callback=self.checkpointer,
        )
        self.checkpointer.restore(trainer, self.best)
        trainer.fit()
        return self

    @property
    def state(self) -> dict[str, Any]:
        """All that has been learned, and what was told of it."""
        found = {**self.model.state_dict(), **self.loss.state_dict(prefix="loss.")}
        best = self.best.weights
        written = (self.folder / "history.jsonl").read_text()
        weights = {name: each.tolist() for name, each in found.items()}
        return {
            **weights,
            "best": {name: each.tolist() for name, each in best.items()},
            "": written,
        }


@pytest.mark.parametrize(
    ("optimizer", "sparse"),
    [
        *((each.name, False) for each in builtin.hydro_optimizers()),
        *(("AdamW", True), ("Adam", True)),
    ],
)
def test_a_resumed_training_ends_with_the_same_weights_wherever_it_was_stopped(
    optimizer: str, sparse: bool, training: Any, rows: LetterCounts, tmp_path: Path
) -> None:
    whole = Trained(tmp_path / "whole", training, optimizer, sparse=sparse)(rows).state
    for update in (1, 4, 7, 16):
        folder = tmp_path / str(update)
        first = Trained(folder, training, optimizer, sparse=sparse)
        with pytest.raises(SystemExit):
            first(rows, stop_at=update)
        again = Trained(folder, training, optimizer, sparse=sparse)
        assert again.checkpointer.resume_from is not None
        assert again.checkpointer.resume_from.path.name == f"step-{update:06d}"
        assert again(rows).state == whole
        assert again.seen == 16 - update


@dataclass(frozen=True)
class Noisy(LetterCounts):
    """Rows with noise that is drawn for each batch."""

    def batch(self, rows: NDArray[np.int64], *, draw: Draw | None = None) -> Batch:
        assert draw is not None
        batch = super().batch(rows)
        noise = torch.from_numpy(draw.generator().standard_normal(batch.inputs.shape))
        return Batch(batch.inputs + noise.float(), batch.targets)


def test_a_resumed_training_draws_the_same_augmentation(
    training: Any, rows: LetterCounts, tmp_path: Path
) -> None:
    noisy = Noisy(rows.counts, rows.targets)
    whole = Trained(tmp_path / "whole", training, "AdamW", sparse=False)(noisy).state
    assert whole != Trained(tmp_path / "plain", training, "AdamW", sparse=False)(rows).state
    # In the middle of an epoch, and at its end.
    for update in (6, 8):
        folder = tmp_path / str(update)
        with pytest.raises(SystemExit):
            Trained(folder, training, "AdamW", sparse=False)(noisy, stop_at=update)
        assert Trained(folder, training, "AdamW", sparse=False)(noisy).state == whole


def test_weights_that_are_not_finite_are_not_saved(
    training: Any, rows: LetterCounts, tmp_path: Path
) -> None:
    wild = Trained(tmp_path, training, "SGD", sparse=False)
    with torch.no_grad():
        wild.loss.rows.weight[15] = float("inf")
    with pytest.raises(
        TrainingError, match=r"weights of rows\.weight are not finite|is inf|is nan"
    ):
        wild(rows)
    assert not list(tmp_path.glob("checkpoints/step-*"))


def test_a_checkpoint_leaves_out_what_an_interrupted_evaluation_recorded(
    training: Any, rows: LetterCounts, tmp_path: Path
) -> None:
    trained = Trained(tmp_path, training, "SGD", sparse=False)
    trained.checkpointer.minutes = 0
    trained(rows)
    history = trained.checkpointer.history
    before = history.read_bytes()
    with pytest.raises(KeyboardInterrupt), trained.checkpointer.evaluating():
        history.write_bytes(before + b"incomplete\n")
        raise KeyboardInterrupt
    newest = Checkpoints(tmp_path / "checkpoints").newest()
    assert newest is not None
    assert newest.history == before

"""Trains the same updates with hydro and with sentence-transformers' trainer, in turn.

    pip install 'sentence-transformers[train]'
    python docs/benchmarks/training_against_sentence_transformers.py DATA [--pairs 5] [--updates 8]

DATA is a folder with train.csv, columns text and label (banking77: PolyAI, CC BY 4.0). Both
train all-MiniLM-L6-v2 with the same ArcFace from the same class centers on the same batches of 64
texts of at most 64 tokens, with AdamW at a constant rate and no dropout. Prints as JSON the texts a
second of each pair, how far the losses are apart, and which share of what torch's matrix products
reach on this machine, measured in between, hydro's useful operations take: those on real tokens,
three times the forward pass's.
"""

import argparse
import copy
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
from sentence_transformers.base.sampler import DefaultBatchSampler
from sentence_transformers.sentence_transformer.training_args import (
    SentenceTransformerTrainingArguments,
)
from torch import Tensor, nn
from torch.utils.data import SequentialSampler
from transformers import TrainerCallback

from hydro.data.labels import Labels
from hydro.data.tables import read_table
from hydro.settings.sections import TrainingSection
from hydro.text import Encoder, LabeledTexts, find_backbone, load_backbone, load_tokenizer
from hydro.training.batch_plan import BatchPlan
from hydro.training.param_groups import model_parts, parameter_groups
from hydro.training.precision import Precision
from hydro.training.progress import NoProgress
from hydro.training.samplers import ShuffledBatches
from hydro.training.step import TrainStep
from hydro.training.trainer import Trainer
from hydro_text_metric_learning.losses.arcface import ArcFace

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
BATCH, LONGEST, SEED, RATE = 64, 64, 1, 3e-4
CPU = torch.device("cpu")

Trained = tuple[float, list[float]]
"""Seconds, and the loss of every update (of some, on a GPU, which waits for each that is read)."""


Train = Callable[[], Trained]


@dataclass(frozen=True)
class Setup:
    """What both train, and on what."""

    backbone: Path
    device: torch.device = CPU
    bf16: bool = False
    batch: int = BATCH

    def wait(self) -> None:
        """Wait until the device has done all that it was told."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def main() -> None:
    """Print the figures of all pairs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--updates", type=int, default=8)
    arguments = parser.parse_args()
    setup = Setup(find_backbone(MODEL))
    ours, theirs, updates, rows, table = contenders(arguments.data, setup, arguments.updates)
    ours(), theirs()  # warm up
    pairs, rates = [], []
    for _ in range(arguments.pairs):
        rates.append(product_rate())
        pairs.append((ours(), theirs()))
    texts, useful = len(rows), operations(table["text"].tolist(), rows, setup.backbone)
    speeds = [[texts / seconds for seconds, _ in pair] for pair in pairs]
    apart = max(abs(np.array(mine[1]) - np.array(other[1])).max() for mine, other in pairs)
    figures = {
        "threads": torch.get_num_threads(),
        "updates": updates.num_updates,
        "texts_a_second": {
            "hydro": round(statistics.median(mine for mine, _ in speeds), 1),
            "sentence-transformers": round(statistics.median(other for _, other in speeds), 1),
        },
        "ratios": [round(mine / other, 2) for mine, other in speeds],
        "median_ratio": round(statistics.median(mine / other for mine, other in speeds), 2),
        "losses_differ_by": float(apart),
        "first_and_last_loss": [pairs[0][0][1][0], pairs[0][0][1][-1]],
        "product_gflops": round(statistics.median(rates) / 1e9, 1),
        "share_of_products": [
            round(useful / mine[0] / rate, 3) for (mine, _), rate in zip(pairs, rates, strict=True)
        ],
    }
    json.dump(figures, sys.stdout, indent=2)


def contenders(
    data: Path, setup: Setup, updates: int
) -> tuple[Train, Train, BatchPlan, NDArray[np.int64], pd.DataFrame]:
    """Return what trains with hydro and with its peer, the plan, the rows in order, the table."""
    table = read_table(data / "train.csv")
    labels = Labels.of(table, ["label"])
    training = TrainingSection(
        loss_function="ArcFace",
        learning_rate=RATE,
        batch_size=setup.batch,
        epochs=updates / (len(table) // setup.batch),
    )
    plan = BatchPlan(ShuffledBatches(len(table), SEED, training), training)
    rows = np.concatenate(
        [batch for epoch, groups in plan.remaining(0) for group in groups for batch in group]
    )
    torch.manual_seed(SEED)
    width = json.loads((setup.backbone / "config.json").read_text())["hidden_size"]
    loss = ArcFace(width, len(labels), 0.2, 30.0)
    classes = labels.encode(table)
    ours = hydro(table["text"].tolist(), classes, plan, loss, setup)
    theirs = sentence_transformers(table["text"].to_numpy()[rows], classes[rows], loss, setup)
    return ours, theirs, plan, rows, table


def hydro(
    texts: list[str], classes: NDArray[np.int64], updates: BatchPlan, loss: nn.Module, setup: Setup
) -> Train:
    """Return what trains with hydro's loop, from the start each time."""
    folder = setup.backbone
    tokenizer = load_tokenizer(folder, max_length=LONGEST, lowercase=False, separator="")
    dataset = LabeledTexts(tokenizer.encode(texts), classes)
    backbone = load_backbone(folder, pretrained=True, dropout=0.0, gradient_checkpointing=False)
    start = Encoder(backbone, pool="Average", dropout=0.0, embedding_size=None)

    def train() -> Trained:
        model, head = copy.deepcopy(start).to(setup.device), copy.deepcopy(loss).to(setup.device)
        groups = parameter_groups(model_parts(model, head), updates.training)
        optimizer = torch.optim.AdamW(groups, fused=True)
        precision = Precision(setup.device, torch.bfloat16 if setup.bf16 else None, None)
        step = TrainStep(model, head, optimizer, lambda update: 1.0, precision, 0.0)
        losses: list[float] = []
        setup.wait()
        started = time.perf_counter()
        Trainer(
            step,
            dataset,
            updates,
            seed=SEED,
            workers=0,
            validate=lambda samples: 0.0,
            record=lambda event, values: losses.append(values["loss"]),
            progress=NoProgress(),
        ).fit()
        setup.wait()
        return time.perf_counter() - started, losses

    return train


def sentence_transformers(
    texts: NDArray[np.object_], classes: NDArray[np.int64], loss: nn.Module, setup: Setup
) -> Train:
    """Return what trains with sentence-transformers' trainer, from the start each time."""
    on_cpu = setup.device.type == "cpu"
    data = datasets.Dataset.from_dict({"text": texts.tolist(), "label": classes.tolist()})
    start = SentenceTransformer(str(setup.backbone), device=str(setup.device))
    start.max_seq_length = LONGEST
    for module in start.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0

    def train() -> Trained:
        model = copy.deepcopy(start)
        clock = _Clock(setup)
        with tempfile.TemporaryDirectory() as output:
            trainer = SentenceTransformerTrainer(
                model=model,
                args=SentenceTransformerTrainingArguments(
                    output_dir=output,
                    per_device_train_batch_size=setup.batch,
                    num_train_epochs=1,
                    learning_rate=RATE,
                    lr_scheduler_type="constant",
                    max_grad_norm=0.0,
                    logging_steps=1 if on_cpu else 0.1,
                    save_strategy="no",
                    report_to="none",
                    use_cpu=on_cpu,
                    bf16=setup.bf16,
                    disable_tqdm=True,
                    dataloader_pin_memory=not on_cpu,
                    batch_sampler=_in_order,
                ),
                train_dataset=data,
                loss=_Loss(model, copy.deepcopy(loss)),
                callbacks=[clock],
            )
            trainer.train()
        losses = [each["loss"] for each in trainer.state.log_history if "loss" in each]
        return clock.seconds, losses

    return train


class _Loss(nn.Module):
    """A loss over embeddings as sentence-transformers calls one."""

    def __init__(self, model: SentenceTransformer, loss: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.loss = loss

    def forward(self, features: list[dict[str, Tensor]], labels: Tensor) -> Tensor:
        value: Tensor = self.loss(self.model(features[0])["sentence_embedding"], labels)
        return value


class _Clock(TrainerCallback):
    """Measures the time of the updates alone."""

    seconds = 0.0

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        self.setup.wait()
        self.started = time.perf_counter()

    def on_train_end(self, *_: Any, **__: Any) -> None:
        self.setup.wait()
        self.seconds = time.perf_counter() - self.started


def _in_order(dataset: Any, **options: Any) -> DefaultBatchSampler:
    return DefaultBatchSampler(SequentialSampler(dataset), **options)


def operations(texts: list[str], rows: NDArray[np.int64], folder: Path) -> float:
    """Count the operations of training on some rows, two for each product and sum."""
    config = json.loads((folder / "config.json").read_text())
    tokenizer = load_tokenizer(folder, max_length=LONGEST, lowercase=False, separator="")
    lengths = tokenizer.encode([texts[row] for row in rows]).lengths
    width, inner = config["hidden_size"], config["intermediate_size"]
    layers = config["num_hidden_layers"]
    linear = 2 * (4 * width**2 + 2 * width * inner) * lengths.sum()
    attention = 2 * 2 * width * (lengths**2).sum()
    return float(3 * layers * (linear + attention))


def product_rate() -> float:
    """Measure the operations a second of a large matrix product."""
    left, right = torch.randn(2, 2048, 2048)
    left @ right
    times = []
    for _ in range(5):
        started = time.perf_counter()
        left @ right
        times.append(time.perf_counter() - started)
    return 2 * 2048**3 / statistics.median(times)


if __name__ == "__main__":
    main()

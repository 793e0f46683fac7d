"""Trains on banking77 and searches the training rows for the neighbors of the test rows.

    python docs/benchmarks/banking77.py DATA [--set training.learning_rate=3e-4 …]

DATA is a folder with train.csv and test.csv, columns text and label (PolyAI, CC BY 4.0).
Prints Precision@1 and MAP@R of the untrained and the trained model, and the first loss.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from hydro.cli.terminal import TerminalProgress
from hydro.data.tables import read_table
from hydro.experiment.experiment import prepare
from hydro.experiment.train import create_folder, run
from hydro.plugins.registry import Registry
from hydro.settings.layers import Layers, parse_override
from hydro.settings.loading import check
from hydro.settings.yaml_reader import Document
from hydro.similarity.neighbors import rank
from hydro.similarity.retrieval_metrics import map_at_r, precision_at
from hydro.text import Encoder, embed, find_backbone, load_backbone, load_tokenizer

LONGEST = 64
SETTINGS = {
    "learning_rate": "3e-4",
    "batch_size": "64",
    "epochs": "1",
    "warmup_epochs": "0.1",
    "arcface_margin": "0.2",
    "arcface_scale": "30",
    "weight_decay": "0.01",
}


def train(data: Path, overrides: list[str], output: Path) -> Path:
    """Train one epoch; give the folder of the experiment."""
    registry = Registry.installed()
    problem = registry.problem("text_metric_learning")
    values = {
        "dataset": {
            "train_dataframe": "train.csv",
            "validation_strategy": "custom",
            "validation_dataframe": "test.csv",
            "text_column": "text",
            "label_columns": "label",
        },
        "tokenizer": {"max_length": str(LONGEST)},
        "training": SETTINGS,
        "environment": {"seed": "1", "number_of_workers": "0"},
    }
    given = tuple(parse_override(each) for each in overrides)
    layers = Layers(Document(values, "banking77"), data.resolve(), given)
    loaded = check(layers, registry.schema(problem))
    with TerminalProgress() as progress:
        experiment = prepare(loaded.settings, problem, registry)
        return run(experiment, create_folder(experiment, output), progress).folder


def score(model: str, data: Path) -> dict[str, float]:
    """Search the training rows for each test row."""
    folder = find_backbone(model)
    tokenizer = load_tokenizer(folder, max_length=LONGEST, lowercase=False, separator="")
    backbone = load_backbone(folder, pretrained=True, dropout=None, gradient_checkpointing=False)
    encoder = Encoder(backbone, pool="Average", dropout=0.0, embedding_size=None)
    train, test = (read_table(data / f"{name}.csv") for name in ("train", "test"))
    names, classes = np.unique(train["label"], return_inverse=True)
    vectors = [embed(encoder, tokenizer.encode(each["text"].tolist())) for each in (test, train)]
    wanted = np.searchsorted(names, test["label"].to_numpy(str))
    blocks = rank(vectors[0], wanted, top_k=1, gallery=vectors[1], gallery_classes=classes)
    rankings = [block.ranking for block in blocks]
    return {
        name: float(np.concatenate([metric(each) for each in rankings]).mean())
        for name, metric in {"Precision@1": precision_at(1), "MAP@R": map_at_r}.items()
    }


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--set", dest="overrides", action="append", default=[])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as output:
        started = time.perf_counter()
        folder = train(arguments.data, arguments.overrides, Path(output))
        seconds = time.perf_counter() - started
        lines = (folder / "history.jsonl").read_text(encoding="utf-8").splitlines()
        losses = [json.loads(line)["loss"] for line in lines if "gradient_norm" in line]
        figures = {
            "untrained": score("sentence-transformers/all-MiniLM-L6-v2", arguments.data),
            "trained": score(str(folder / "model"), arguments.data),
            "first_loss": losses[0],
            "last_loss": losses[-1],
            "seconds": round(seconds),
        }
    json.dump(figures, sys.stdout, indent=2)


if __name__ == "__main__":
    main()

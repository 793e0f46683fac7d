"""Trains on banking77 with batches of as many rows, and of about as many tokens, side by side.

    python docs/benchmarks/token_batches.py DATA [--seeds 1 2] [--share 0.3]

DATA is a folder with train.csv and test.csv. all-MiniLM-L6-v2, one epoch. Prints for each seed and
way the texts trained on a second, the updates, and MAP@R of the test rows among themselves.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hydro.experiment.experiment import prepare
from hydro.experiment.train import create_folder, run
from hydro.plugins.registry import Registry
from hydro.settings.layers import Layers
from hydro.settings.loading import check
from hydro.settings.yaml_reader import Document
from hydro.training.progress import NoProgress, Task

WAYS = {"rows": {"batch_size": "64"}, "tokens": {"batch_tokens": "1024"}}


class Clock(NoProgress):
    """Measures how long the epochs take."""

    def __init__(self) -> None:
        self.rows, self.seconds = 0, 0.0

    @contextmanager
    def task(self, name: str, total: int, unit: str) -> Iterator[Task]:
        started = time.perf_counter()
        with super().task(name, total, unit) as task:
            yield task
        if name.startswith("epoch"):
            self.rows += total
            self.seconds += time.perf_counter() - started


def measure(data: Path, way: str, seed: int, share: float) -> dict[str, object]:
    """Train once."""
    registry = Registry.installed()
    problem = registry.problem("text_metric_learning")
    common = {"learning_rate": "3e-4", "epochs": "1", "warmup_epochs": "0.1"}
    values = {
        "dataset": {
            "train_dataframe": "train.csv",
            "validation_strategy": "custom",
            "validation_dataframe": "test.csv",
            "text_column": "text",
            "label_columns": "label",
            "data_sample": str(share),
            "data_sample_choice": "Train",
        },
        "tokenizer": {"max_length": "64"},
        "training": common | {"arcface_margin": "0.2", "arcface_scale": "30"} | WAYS[way],
        "environment": {"seed": str(seed), "number_of_workers": "0"},
    }
    layers = Layers(Document(values, "banking77"), data.resolve())
    loaded = check(layers, registry.schema(problem))
    clock = Clock()
    with tempfile.TemporaryDirectory() as output:
        experiment = prepare(loaded.settings, problem, registry)
        outcome = run(experiment, create_folder(experiment, Path(output)), clock)
        history = (outcome.folder / "history.jsonl").read_text(encoding="utf-8").splitlines()
    found = outcome.scores["validation"]["metrics"]["MAP@R"]
    return {
        "way": way,
        "seed": seed,
        "texts_a_second": round(clock.rows / clock.seconds, 1),
        "updates": json.loads(history[-2])["update"],
        "untrained": round(found["before"], 4),
        "map_at_r": round(found["after"], 4),
    }


def main() -> None:
    """Print a line of JSON for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--share", type=float, default=0.3)
    arguments = parser.parse_args()
    for seed in arguments.seeds:
        for way in WAYS:
            figures = measure(arguments.data, way, seed, arguments.share)
            sys.stdout.write(json.dumps(figures) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()

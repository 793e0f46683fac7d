"""What tests that train for real share: small made-up texts, a tiny backbone, one trained model."""

import dataclasses
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hydro.plugins.registry import Registry

TOPICS = {
    "card": "card plastic chip contactless magnetic expired blocked swallowed",
    "transfer": "transfer iban recipient pending standing wire beneficiary reversed",
    "rate": "rate exchange currency euro dollar markup conversion weekend",
    "pin": "pin code passcode forgotten attempts keypad digits unlock",
    "cash": "cash machine withdraw notes coins dispensed fee abroad",
    "account": "account close balance statement open joint dormant owner",
}
FILLERS = "please why is my the a was when can you tell me about i have with and this it again"
ROWS = 12
"""Texts a class; every fourth is of one fold."""


@dataclass(frozen=True)
class Texts:
    """An experiment on small texts, to be run with changes."""

    table: Path
    backbone: Path
    output: Path
    registry: Registry

    def settings(self, *changes: str, config: Path | None = None) -> Any:
        """Load the settings of an experiment on the CPU with one word set after another."""
        from hydro.settings.loading import load

        model = self.registry.schema(self.registry.problem("text_metric_learning"))
        return load(config or self.config, model, changes).settings

    def prepare(self, *changes: str, config: Path | None = None) -> Any:
        """Read and split the table."""
        from hydro.experiment.experiment import prepare

        problem = self.registry.problem("text_metric_learning")
        return prepare(self.settings(*changes, config=config), problem, self.registry)

    def run(self, *changes: str, config: Path | None = None) -> Any:
        """Train, and give the outcome."""
        from hydro.experiment.train import create_folder, run
        from hydro.training.progress import NoProgress

        experiment = self.prepare(*changes, config=config)
        return run(experiment, create_folder(experiment, self.output), NoProgress())

    @property
    def config(self) -> Path:
        """The settings file, which leaves all that matters little at its default."""
        return self.table.with_name("texts.yml")

    def at(self, output: Path) -> "Texts":
        """Write experiments somewhere else."""
        return dataclasses.replace(self, output=output)


def sentences() -> pd.DataFrame:
    """Make texts of a few words on a topic, each with its label and a fold."""
    chance = random.Random(1)
    rows = []
    for label, words in TOPICS.items():
        for number in range(ROWS):
            text = chance.sample(words.split(), 2) + chance.sample(FILLERS.split(), 4)
            chance.shuffle(text)
            rows.append({"text": " ".join(text), "label": label, "fold": str(number % 4)})
    return pd.DataFrame(rows)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Texts:
    """The experiment, in a folder that all tests read from."""
    from hydro.testing import tiny_backbone

    folder = tmp_path_factory.mktemp("texts")
    frame = sentences()
    frame.to_csv(folder / "texts.csv", index=False)
    backbone = tiny_backbone(folder / "backbone", texts=frame["text"])
    sections = {
        "problem_type": "text_metric_learning",
        "dataset": {
            "train_dataframe": "texts.csv",
            "text_column": "text",
            "label_columns": "label",
        },
        "tokenizer": {"max_length": 24},
        "architecture": {"backbone": str(backbone)},
        "training": {
            "batch_size": 9,
            "epochs": 4,
            "learning_rate": 5e-3,
            "build_scoring_pipelines": False,
        },
        "prediction": {"top_k_similar": 17},
        "environment": {"gpus": [], "number_of_workers": 0, "seed": 3},
    }
    (folder / "texts.yml").write_text(json.dumps(sections), encoding="utf-8")
    return Texts(folder / "texts.csv", backbone, folder / "runs", registry)


@pytest.fixture
def texts(shared: Texts, tmp_path: Path) -> Texts:
    """The experiment, with a folder of its own to write into."""
    return shared.at(tmp_path / "runs")


@pytest.fixture(scope="session")
def trained(shared: Texts, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The outcome of the experiment, run once for all tests that only look at it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HYDRO_CACHE", str(tmp_path_factory.mktemp("cache")))
        return shared.run("experiment_name=trained", "prediction.threshold_precision=0.2")

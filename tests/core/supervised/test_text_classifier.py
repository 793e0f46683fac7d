"""A text classifier on hydro.text and hydro.supervised, trained from its settings."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, log_loss, roc_auc_score

from hydro.artifacts.run_folder import RunFolder
from hydro.evaluation.comparison import compare_experiments
from hydro.plugins.builder import Builder
from hydro.plugins.components import Metric
from hydro.plugins.registry import Registry
from hydro.testing import TEXTS, tiny_backbone

NAME = "text_classifier"

CONFIG = """
problem_type: text_classifier
dataset: {train_dataframe: rows.csv, text_column: text, label_column: label}
tokenizer: {max_length: 16}
architecture: {backbone: BACKBONE}
training: {batch_size: 8, epochs: 6, learning_rate: 0.003}
environment: {seed: 1, number_of_workers: 0}
"""


@pytest.fixture(params=[2, 3])
def classes(request: pytest.FixtureRequest) -> int:
    """The number of classes."""
    count: int = request.param
    return count


@pytest.fixture
def classifier(word_count: Any, registry: Registry, tmp_path: Path, classes: int) -> Any:
    """A text classifier on rows whose class the text determines, but for its order of words."""
    random = np.random.default_rng(0)
    words = [text.split() for text in TEXTS]
    rows = [
        f"{' '.join(random.permutation(words[kind])[:4])},kind {kind % classes},{fold % 4}"
        for fold in range(12)
        for kind in range(6)
    ]
    (tmp_path / "texts.csv").write_text("\n".join(["text,label,fold", *rows]), encoding="utf-8")
    backbone = tiny_backbone(tmp_path / "backbone")
    config = tmp_path / "classifier.yml"
    config.write_text(CONFIG.replace("BACKBONE", str(backbone)).replace("rows.csv", "texts.csv"))
    return dataclasses.replace(word_count, config=config, problem=registry.problem(NAME))


def predicted(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the probabilities and the classes of the held-out rows."""
    arrays = np.load(next(folder.glob("predictions/validation*.npz")))
    return arrays["probabilities"], arrays["classes"]


def test_a_classifier_learns_and_its_scores_are_those_of_scikit_learn(
    classifier: Any, classes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydro.evaluation.intervals.MIN_ROWS", 10)
    folder = classifier.run().folder
    scores = json.loads((folder / "scores.json").read_text())["validation"]
    probabilities, true = predicted(folder)
    guesses = probabilities.argmax(axis=1)
    assert scores["metric"] == "F1 macro"
    assert scores["verdict"] == "better"
    low, high = scores["change_interval"]
    assert low < scores["change"] < high
    after = {name: each["after"] for name, each in scores["metrics"].items()}
    areas = [roc_auc_score(true == each, probabilities[:, each]) for each in range(classes)]
    assert after["F1 macro"] == scores["after"] == f1_score(true, guesses, average="macro")
    assert after["F1 micro"] == after["Accuracy"] == pytest.approx((guesses == true).mean())
    assert after["ROC AUC"] == pytest.approx(np.mean(areas))
    assert after["Log loss"] == pytest.approx(log_loss(true, probabilities))
    names = [[f"kind {each}"] for each in range(classes)]
    assert json.loads((folder / "model/classes.json").read_text()) == names
    table = pd.read_csv(next(folder.glob("predictions/validation*.csv")))
    assert table["predicted_label"].tolist() == [names[each][0] for each in guesses]


def test_a_setting_that_a_rule_says_is_ignored_is_not_warned_of_again(classifier: Any) -> None:
    """Reading the settings has said that there is no batch normalization to synchronize."""
    changes = ("environment.sync_batch_normalization=true", "training.epochs=0")
    log = (classifier.run(*changes).folder / "log.txt").read_text()
    assert "batch normalization" not in log


def test_two_classifiers_are_compared_by_every_metric(
    classifier: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydro.evaluation.intervals.MIN_ROWS", 10)
    folders = [
        RunFolder(classifier.run(f"training.epochs={epochs}", f"experiment_name=e{epochs}").folder)
        for epochs in (0, 6)
    ]
    experiment = classifier.prepare()
    metrics = Builder(experiment.settings, classifier.registry, classifier.problem).build_metrics()
    offered = classifier.registry.components("metric", NAME)
    directions = {each.name: each.higher_is_better for each in offered if isinstance(each, Metric)}
    changes = {
        each.metric: each for each in compare_experiments(*folders, metrics, directions).changes
    }
    assert set(changes) == set(metrics)
    for name in ("F1 macro", "ROC AUC", "Log loss"):
        low, high = changes[name].interval
        # Every resample changes the same where one ranks all rows alike and one all of them right.
        assert low <= changes[name].second - changes[name].first <= high
        assert changes[name].verdict == "better"

"""A text regression on hydro.text and hydro.supervised, trained from its settings."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from hydro.plugins.registry import Registry
from hydro.testing import TEXTS, tiny_backbone

CONFIG = """
problem_type: text_regression
dataset: {train_dataframe: texts.csv, text_column: text, label_columns: words}
tokenizer: {max_length: 16}
architecture: {backbone: BACKBONE}
training: {batch_size: 8, epochs: 20, learning_rate: 0.003}
environment: {seed: 1, number_of_workers: 0}
"""


@pytest.fixture
def regression(word_count: Any, registry: Registry, tmp_path: Path) -> Any:
    """A text regression on how many words a text has."""
    words = [text.split() for text in TEXTS]
    rows = []
    for number in range(72):
        count = 1 + (number * 5) % 8
        rows.append(f"{' '.join(words[number % 6][:count])},{count},{number // 6 % 4}")
    (tmp_path / "texts.csv").write_text("\n".join(["text,words,fold", *rows]), encoding="utf-8")
    config = tmp_path / "regression.yml"
    config.write_text(CONFIG.replace("BACKBONE", str(tiny_backbone(tmp_path / "backbone"))))
    problem = registry.problem("text_regression")
    return dataclasses.replace(word_count, config=config, problem=problem)


def test_a_regression_learns_and_its_scores_are_those_of_scikit_learn(
    regression: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydro.evaluation.intervals.MIN_ROWS", 10)
    folder = regression.run().folder
    scores = json.loads((folder / "scores.json").read_text())["validation"]
    table = pd.read_csv(folder / "predictions/validation_predictions.csv")
    true, numbers = table["words"], table["predicted_words"]
    after = {name: each["after"] for name, each in scores["metrics"].items()}
    assert after["RMSE"] == scores["after"]
    assert after["RMSE"] == pytest.approx(root_mean_squared_error(true, numbers), rel=1e-5)
    assert after["MAE"] == pytest.approx(mean_absolute_error(true, numbers), rel=1e-5)
    assert after["R2"] == pytest.approx(r2_score(true, numbers), rel=1e-5)
    assert scores["verdict"] == "better"
    low, high = scores["change_interval"]
    assert low < scores["change"] < high < 0
    # Before training the head predicts the mean of the training rows.
    assert scores["metrics"]["R2"]["before"] == pytest.approx(0, abs=0.1)


def test_a_regression_says_nothing_of_classes_pairs_or_neighbors(regression: Any) -> None:
    facts = regression.prepare().facts()
    assert "training_classes" not in facts
    folder = regression.run("training.epochs=1").folder
    for name in ("log.txt", "scores.json"):
        text = (folder / name).read_text(encoding="utf-8").lower()
        assert not re.search(
            r"pair|neighbor|class|gallery|embedding", text.replace("paired", "")
        ), name


def test_a_value_that_is_no_number_is_refused_with_its_row(regression: Any) -> None:
    from hydro.errors import DataError

    table = regression.config.with_name("texts.csv")
    table.write_text(f"{table.read_text()}\na text,many,1\n", encoding="utf-8")
    with pytest.raises(DataError, match="column 'words': 'many' is not a finite number"):
        regression.prepare()


def test_numbers_of_several_columns_are_learned_together(regression: Any) -> None:
    table = regression.config.with_name("texts.csv")
    frame = pd.read_csv(table)
    frame["double"] = 2 * frame["words"]
    frame.to_csv(table, index=False)
    outcome = regression.run("dataset.label_columns=[words, double]", "training.epochs=2")
    found = np.load(outcome.folder / "predictions/validation_raw_predictions.npz")
    assert found["numbers"].shape[1] == 2

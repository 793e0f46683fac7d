"""The model card says what the model is, how well it does and how to use it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard

from hydro.plugins.registry import Registry
from hydro.settings.loading import load
from hydro_text_metric_learning.model_card import model_card

SCORES = {
    "validation": {
        "metric": "mAP",
        "change": 0.25,
        "change_interval": [0.125, 0.5],
        "rows": 1100,
        "rows_left_out": 100,
        "metrics": {
            "mAP": {"before": 0.5, "after": 0.75},
            "Precision@1": {"before": 0.25, "after": 1.0},
        },
    }
}

Card = Callable[..., ModelCard]


@pytest.fixture
def card(tmp_path: Path, registry: Registry) -> Card:
    """Write a card for settings with these changes."""
    (tmp_path / "rows.csv").touch()
    config = tmp_path / "settings.yml"
    config.write_text(
        "experiment_name: calm-bay\n"
        "dataset: {train_dataframe: rows.csv, text_column: text, label_columns: label}\n"
    )
    model = registry.schema(registry.problem("text_metric_learning"))

    def write(*changes: str, scores: Any = SCORES) -> ModelCard:
        settings: Any = load(config, model, changes).settings
        return ModelCard(model_card(settings, scores, rows=10_003, classes=77))

    return write


def test_the_front_matter_is_what_the_hub_reads(card: Card) -> None:
    data: Any = card("architecture.backbone=owner/encoder").data
    assert data.library_name == "sentence-transformers"
    assert data.pipeline_tag == "sentence-similarity"
    assert data.base_model == "owner/encoder"
    assert "hydro" in data.tags


def test_a_folder_of_this_machine_is_not_given_away(card: Card, tmp_path: Path) -> None:
    (tmp_path / "my-encoder").mkdir()
    written = card(f"architecture.backbone={tmp_path / 'my-encoder'}")
    data: Any = written.data
    assert data.base_model is None
    assert "from `my-encoder` with ArcFace" in written.text
    assert str(tmp_path) not in written.content


def test_how_it_was_trained_is_said_in_a_sentence(card: Card) -> None:
    written = card("training.loss_function=CrossEntropy", "training.epochs=2.5").text
    assert "# calm-bay\n" in written
    assert "with CrossEntropy, 2.5 epochs, batches of 16, learning rate 0.0001" in written
    assert "cut at 128 tokens" in written


def test_scores_are_told_before_and_after(card: Card) -> None:
    written = card().text
    assert (
        "On 1,000 validation rows, each searched for among the others, mAP changed by +0.2500"
        in written
    )
    assert "(95 % interval +0.1250 to +0.5000)" in written
    assert "| mAP | 0.5000 | 0.7500 |\n| Precision@1 | 0.2500 | 1.0000 |" in written
    assert "verstated" not in written


def test_what_is_overstated_is_said_to_be(card: Card) -> None:
    scores = {"train": {**SCORES["validation"], "overstated": "trained on these very rows"}}
    assert "Overstated: trained on these very rows." in card(scores=scores).text


@pytest.mark.parametrize(
    ("separator", "between"), [("''", "the separator token"), ("' - '", "' - '")]
)
def test_how_columns_are_joined_is_said(separator: str, between: str, card: Card) -> None:
    written = card("dataset.text_column=[a, b]", f"dataset.separator={separator}").text
    assert f"A text is the columns a, b, joined with {between}." in written
    assert "joined" not in card().text


def test_the_card_shows_how_to_use_the_model(card: Card) -> None:
    written = card().text
    assert "model = SentenceTransformer(" in written
    assert "`hydro predict RUN table.csv`" in written


def test_the_card_says_what_the_model_was_trained_with(card: Card) -> None:
    written = card("tokenizer.lowercase=true", "architecture.embedding_size=64")
    assert "| training rows | 10,003 |" in written.text
    assert "| classes | 77, by label |" in written.text
    assert "| lower-cased | yes |" in written.text
    assert "| embedding size | 64 |" in written.text

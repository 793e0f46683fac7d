"""Training makes embeddings better, as it did before, and again."""

import json
from pathlib import Path
from typing import Any

import pytest

from hydro.errors import ModelError, TrainingError

FIRST_LOSSES = {
    "ArcFace": [2.5642142, 2.6539421, 2.6032393],
    "CrossEntropy": [1.7505507, 1.8225670, 2.0969124],
}


def history(folder: Path, event: str) -> list[dict[str, Any]]:
    """Read the events of one kind."""
    events = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    return [each for each in events if each["event"] == event]


def test_training_makes_embeddings_better(trained: Any) -> None:
    scores = trained.scores["validation"]
    assert scores["after"] > scores["before"] + 0.3
    assert scores["verdict"] == "too few rows for a verdict"
    assert scores["rows"] == 18
    assert scores["rows_left_out"] == 0
    metrics = scores["metrics"]
    assert {name for name, each in metrics.items() if each["after"] > each["before"]} == {
        *("mAP", "Precision@1", "MRR", "nDCG@K", "R-Precision", "MAP@R")
    }
    assert metrics["Recall@K"] == {"before": 1.0, "after": 1.0, "change_interval": None}


def test_a_model_with_a_random_neck_is_compared_with_the_backbone_alone(texts: Any) -> None:
    plain = texts.run("training.epochs=0").scores["validation"]
    assert "start" not in plain
    for size in (4, 16):
        scores = texts.run("training.epochs=0", f"architecture.embedding_size={size}").scores
        assert scores["validation"]["before"] == pytest.approx(plain["before"], abs=1e-6)
        assert scores["validation"]["start"] == scores["validation"]["after"]
    # Two random directions are worse than all of the backbone.
    narrow = texts.run("training.epochs=0", "architecture.embedding_size=2").scores["validation"]
    assert narrow["after"] < narrow["before"]


@pytest.mark.parametrize("loss", FIRST_LOSSES)
def test_the_first_updates_lose_what_they_always_did(loss: str, texts: Any) -> None:
    outcome = texts.run(
        f"training.loss_function={loss}", "training.learning_rate=5e-4", "training.epochs=0.5"
    )
    losses = [each["loss"] for each in history(outcome.folder, "training")]
    assert losses == pytest.approx(FIRST_LOSSES[loss], abs=1e-4)


@pytest.mark.parametrize(
    "changes",
    [
        ["training.loss_function=CrossEntropy"],
        ["training.arcface_init=Random"],
        ["training.loss_function=CosFace", "training.cosface_scale=20"],
        ["training.loss_function=NormalizedSoftmax"],
        ["training.loss_function=ProxyAnchor"],
        ["training.loss_function=SoftTriple", "training.learning_rate=1e-2"],
        *(
            [f"training.loss_function={loss}", "training.sampler=Balanced"]
            for loss in ("SupCon", "NTXent", "MultiSimilarity", "Circle", "Triplet")
        ),
        ["architecture.embedding_size=16"],
        ["training.optimizer=Adam", "training.schedule=Linear", "training.gradient_clip=1"],
    ],
    ids=lambda changes: " ".join(each.partition("=")[2] for each in changes),
)
def test_other_ways_to_train_make_embeddings_better_too(changes: list[str], texts: Any) -> None:
    scores = texts.run(*changes, "training.epochs=6").scores["validation"]
    assert scores["after"] > scores["before"] + 0.1


def test_the_stored_settings_repeat_the_score_to_the_last_digit(texts: Any) -> None:
    first = texts.run("environment.seed=-1", "architecture.dropout=0.2", "training.epochs=1")
    second = texts.run(config=first.folder / "config.yaml")
    assert second.scores == first.scores
    for name in ("model/model.safetensors", "predictions/validation_predictions.csv"):
        assert (second.folder / name).read_bytes() == (first.folder / name).read_bytes()


def test_a_third_partys_loss_takes_its_own_settings_from_the_file(
    texts: Any, tmp_path: Path
) -> None:
    config = tmp_path / "cosface.yml"
    text = json.loads(texts.config.read_text())
    text["dataset"]["train_dataframe"] = str(texts.table)
    text["training"] = {"loss_function": "CosFace", "cosface_margin": 0.0, "epochs": 0.2}
    config.write_text(json.dumps(text))
    without = texts.run(config=config)
    text["training"]["cosface_margin"] = 0.5
    config.write_text(json.dumps(text))
    margin = texts.run(config=config)
    first, second = (history(each.folder, "training")[0]["loss"] for each in (without, margin))
    # Every logit of an own class is 64 * 0.5 lower, which is far more than the others differ by.
    assert second - first > 20
    assert "cosface_margin: 0.5" in (margin.folder / "config.yaml").read_text()
    assert "arcface" not in (margin.folder / "config.yaml").read_text()


def test_a_length_above_the_positions_is_an_error_before_anything_is_trained(texts: Any) -> None:
    with pytest.raises(ModelError, match=r"max_length 67 is more than the 66 positions") as error:
        texts.run("tokenizer.max_length=67", "experiment_name=long")
    assert error.value.exit_code == 5
    folder = texts.output / "long"
    assert json.loads((folder / "status.json").read_text())["reason"] == "model"
    assert not (folder / "history.jsonl").exists()


def test_weights_that_diverge_are_a_training_error(texts: Any) -> None:
    with pytest.raises(TrainingError, match=r"training\.learning_rate"):
        texts.run("training.learning_rate=1e30")

"""The folder of a trained model gives other programs the embeddings that were scored."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from huggingface_hub import ModelCard

SHORT = ("training.epochs=1", "training.learning_rate=1e-3")


def stored(outcome: Any) -> tuple[list[int], Any]:
    """Give the row numbers and the embeddings of the validation rows."""
    raw = np.load(outcome.folder / "predictions/validation_raw_predictions.npz")
    return raw["rows"].tolist(), raw["embeddings"]


def encode(outcome: Any, sentences: list[str]) -> Any:
    """Embed texts with the library that most people open such a folder with."""
    library = pytest.importorskip("sentence_transformers")
    model = library.SentenceTransformer(str(outcome.folder / "model"), device="cpu")
    return model.encode(sentences)


@pytest.mark.parametrize(
    "changes",
    [
        [],
        ["architecture.embedding_size=8", "architecture.pool='[CLS] token'"],
        ["tokenizer.lowercase=true", "architecture.pool=Max", "architecture.embedding_size=40"],
        ["tokenizer.max_length=5", "architecture.pool=Last token"],
    ],
    ids=["plain", "neck and first token", "lower case, neck and maximum", "short and last token"],
)
def test_sentence_transformers_gives_the_embeddings_that_were_scored(
    changes: list[str], texts: Any, tmp_path: Path
) -> None:
    frame = pd.read_csv(texts.table)
    frame["text"] = frame["text"].str.title()
    frame.to_csv(tmp_path / "titles.csv", index=False)
    outcome = texts.run(f"dataset.train_dataframe={tmp_path / 'titles.csv'}", *changes, *SHORT)
    rows, embeddings = stored(outcome)
    found = encode(outcome, frame["text"][rows].tolist())
    np.testing.assert_allclose(found, embeddings, atol=1e-5)


def test_joined_columns_can_be_joined_by_hand(texts: Any, tmp_path: Path) -> None:
    frame = pd.read_csv(texts.table)
    frame["title"] = frame["text"].str.split().str[0]
    frame.to_csv(tmp_path / "columns.csv", index=False)
    outcome = texts.run(
        f"dataset.train_dataframe={tmp_path / 'columns.csv'}",
        "dataset.text_column=[title, text]",
        "dataset.separator=' | '",
        *SHORT,
    )
    rows, embeddings = stored(outcome)
    found = encode(outcome, (frame["title"] + " | " + frame["text"])[rows].tolist())
    np.testing.assert_allclose(found, embeddings, atol=1e-5)


def test_lower_casing_is_stored(texts: Any) -> None:
    outcome = texts.run("tokenizer.lowercase=true", *SHORT)
    tokenizer = json.loads((outcome.folder / "model/tokenizer.json").read_text())
    assert tokenizer["normalizer"]["normalizers"][0] == {"type": "Lowercase"}


def test_the_card_says_what_the_model_is_and_does(trained: Any, texts: Any) -> None:
    card = ModelCard.load(trained.folder / "model/README.md")
    assert card.data.library_name == "sentence-transformers"
    assert card.data.pipeline_tag == "sentence-similarity"
    scores = trained.scores["validation"]
    assert f"| mAP | {scores['before']:.4f} | {scores['after']:.4f} |" in card.text
    assert "# trained" in card.text


def test_insights_show_as_many_texts_as_asked(trained: Any, texts: Any) -> None:
    ten = pd.read_csv(trained.folder / "insights/neighbours.csv")
    assert ten.groupby("shown_as").row.nunique().to_dict() == {
        "best": 10,
        "random": 10,
        "worst": 10,
    }
    two = texts.run("logging.number_of_texts=2", *SHORT)
    shown = pd.read_csv(two.folder / "insights/neighbours.csv")
    assert shown.groupby("shown_as").row.nunique().to_dict() == {"best": 2, "random": 2, "worst": 2}
    assert (shown.groupby(["shown_as", "row"]).place.count() == 3).all()
    none = texts.run("logging.number_of_texts=0", "training.epochs=0")
    assert not (none.folder / "insights/neighbours.csv").exists()

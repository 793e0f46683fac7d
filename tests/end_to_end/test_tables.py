"""Rows come from tables of several formats and splits, and keep their numbers."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hydro.data.tables import read_table

SHORT = ("training.epochs=1", "training.learning_rate=1e-3")


@pytest.fixture
def frame(texts: Any) -> pd.DataFrame:
    """The rows of the experiment."""
    frame: pd.DataFrame = pd.read_csv(texts.table, dtype="str")
    return frame


def table(outcome: Any, split: str = "validation") -> pd.DataFrame:
    """Read the predictions of a split."""
    return read_table(outcome.folder / f"predictions/{split}_predictions.csv")


def test_the_format_of_a_table_does_not_matter(
    frame: pd.DataFrame, texts: Any, tmp_path: Path
) -> None:
    frame.to_parquet(tmp_path / "texts.parquet")
    with zipfile.ZipFile(tmp_path / "texts.zip", "w") as archive:
        archive.writestr("a.csv", frame[:30].to_csv(index=False))
        archive.writestr("b.csv", frame[30:].to_csv(index=False))
    frame.to_excel(tmp_path / "texts.xlsx", index=False)
    frame.to_json(tmp_path / "texts.jsonl.gz", orient="records", lines=True)
    frame.to_csv(tmp_path / "semicolons.csv", sep=";", index=False, encoding="utf-16")
    untrained = ("training.epochs=0", "training.build_scoring_pipelines=false")
    expected = texts.run(f"dataset.train_dataframe={texts.table}", *untrained).scores
    for name in ("texts.parquet", "texts.zip", "texts.xlsx", "texts.jsonl.gz", "semicolons.csv"):
        outcome = texts.run(f"dataset.train_dataframe={tmp_path / name}", *untrained)
        assert outcome.scores == expected, name


def test_predictions_have_the_users_columns_and_the_rows_of_the_file(
    trained: Any, frame: pd.DataFrame
) -> None:
    found = table(trained)
    held_out = frame[frame["fold"] == "0"]
    assert list(found)[:6] == ["text", "label", "fold", "row", "neighbours", "similarities"]
    assert set(found) > {"mAP", "Precision@1", "MRR"}
    assert found["row"].astype(int).tolist() == held_out.index.tolist()
    for name in frame:
        assert found[name].tolist() == held_out[name].tolist()
    scores = trained.scores["validation"]["metrics"]
    for name, each in scores.items():
        assert found[name].astype(float).mean() == pytest.approx(each["after"])


def test_raw_predictions_are_plain_arrays(trained: Any, frame: pd.DataFrame) -> None:
    path = trained.folder / "predictions/validation_raw_predictions.npz"
    with np.load(path, allow_pickle=False) as raw:
        arrays = dict(raw)
    metrics = trained.scores["validation"]["metrics"]
    assert {name: each.shape for name, each in arrays.items()} == {
        "rows": (18,),
        "embeddings": (18, 32),
        "neighbours": (18, 17),
        "similarities": (18, 17),
        "classes": (18,),
        **{f"value of {name}": (18,) for name in metrics},
        **{f"leave-one-out of {name}": (18, 2) for name in metrics},
    }
    embeddings = arrays["embeddings"]
    assert np.linalg.norm(embeddings, axis=1) == pytest.approx(1, abs=1e-6)
    query, nearest = 4, arrays["neighbours"][4][0]
    cosine = float(embeddings[query] @ embeddings[nearest])
    assert arrays["similarities"][query][0] == pytest.approx(cosine, abs=1e-6)
    labels = sorted(set(frame["label"]))
    expected = [labels.index(frame["label"][row]) for row in arrays["rows"]]
    assert arrays["classes"].tolist() == expected
    listed = json.loads(table(trained)["neighbours"][query])
    assert listed == arrays["rows"][arrays["neighbours"][query][:10]].tolist()


def test_folds_by_label_hold_out_classes_that_training_never_saw(texts: Any) -> None:
    outcome = texts.run(
        "dataset.validation_strategy=grouped_kfold", "dataset.group_fold_column=label", *SHORT
    )
    scores = outcome.scores["validation"]
    held_out = set(table(outcome)["label"])
    assert 1 <= len(held_out) < 6
    assert scores["seen_classes"] is None
    unseen = scores["unseen_classes"]
    assert unseen == {
        "rows": 12 * len(held_out),
        "before": pytest.approx(scores["before"]),
        "after": pytest.approx(scores["after"]),
    }


def test_a_table_to_validate_on_may_mix_classes_seen_and_unseen(
    frame: pd.DataFrame, texts: Any, tmp_path: Path
) -> None:
    held_out = frame["fold"].eq("0")
    unseen = frame["label"].eq("cash")
    frame[~held_out & ~unseen].to_csv(tmp_path / "train.csv", index=False)
    frame[held_out].to_csv(tmp_path / "validation.csv", index=False)
    outcome = texts.run(
        f"dataset.train_dataframe={tmp_path / 'train.csv'}",
        "dataset.validation_strategy=custom",
        f"dataset.validation_dataframe={tmp_path / 'validation.csv'}",
    )
    scores = outcome.scores["validation"]
    values = table(outcome)["mAP"].astype(float)
    new = table(outcome)["label"].eq("cash")
    for name, rows in (("seen_classes", ~new), ("unseen_classes", new)):
        assert scores[name]["rows"] == rows.sum()
        assert scores[name]["after"] == pytest.approx(values[rows].mean())
    assert scores["seen_classes"]["after"] > scores["seen_classes"]["before"]
    assert outcome.settings.dataset.folds == ()


def test_an_automatic_split_holds_out_a_share(texts: Any) -> None:
    changes = ("dataset.validation_strategy=automatic", "dataset.validation_size=0.25", *SHORT)
    rows = [
        table(texts.run(*changes, f"environment.seed={seed}"))["row"].tolist() for seed in (1, 1, 2)
    ]
    assert len(rows[0]) == 18
    assert rows[0] == rows[1] != rows[2]


def test_several_columns_make_one_text_and_one_class(
    frame: pd.DataFrame, texts: Any, tmp_path: Path
) -> None:
    frame["first"] = frame["text"].str.split(" ", n=3).str[:3].str.join(" ")
    frame["second"] = frame["text"].str.split(" ", n=3).str[3]
    frame["half"] = ["a" if row % 2 else "b" for row in range(len(frame))]
    frame.drop(columns=["text", "fold"]).to_csv(tmp_path / "columns.csv", index=False)
    outcome = texts.run(
        f"dataset.train_dataframe={tmp_path / 'columns.csv'}",
        "dataset.text_column=[first, second]",
        "dataset.label_columns=[label, half]",
        *SHORT,
    )
    assert {"first", "second", "label", "half"} < set(table(outcome))
    raw = np.load(outcome.folder / "predictions/validation_raw_predictions.npz")
    pairs = sorted({*zip(frame["label"], frame["half"], strict=True)})
    rows = raw["rows"]
    expected = [pairs.index((frame["label"][row], frame["half"][row])) for row in rows]
    assert raw["classes"].tolist() == expected
    assert "A text is the columns first, second, joined with the separator token." in (
        outcome.folder / "model/README.md"
    ).read_text(encoding="utf-8")


@pytest.mark.parametrize("labeled", [True, False])
def test_a_test_table_is_predicted_and_scored_if_it_has_labels(
    labeled: bool, frame: pd.DataFrame, texts: Any, tmp_path: Path
) -> None:
    rows = frame[frame["fold"] == "1"]
    rows = rows if labeled else rows.drop(columns="label")
    rows.to_csv(tmp_path / "test.csv", index=False)
    outcome = texts.run(f"dataset.test_dataframe={tmp_path / 'test.csv'}", *SHORT)
    found = table(outcome, "test")
    assert found["row"].astype(int).tolist() == list(range(18))
    assert found["text"].tolist() == rows["text"].tolist()
    assert ("test" in outcome.scores) is labeled
    if labeled:
        test = outcome.scores["test"]
        assert test["after"] == pytest.approx(found["mAP"].astype(float).mean())
    else:
        assert found["mAP"].isna().all()
        assert "test.csv has no label, so there is no test metric" in (
            outcome.folder / "log.txt"
        ).read_text(encoding="utf-8")

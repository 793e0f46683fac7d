"""A trained model is asked about new rows and texts, as people and programs do it."""

import gzip
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

Cli = Callable[..., tuple[int, str, str]]
SHORT = ("training.epochs=1", "training.learning_rate=1e-3")


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Cli) -> Cli:
    """Run a command line in a folder of its own: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HYDRO_OUTPUT", raising=False)
    return command


@pytest.fixture
def experiment(trained: Any, tmp_path: Path) -> Path:
    """A copy of the trained experiment, to write into."""
    return Path(shutil.copytree(trained.folder, tmp_path / "runs/trained"))


def held_out(folder: Path) -> pd.DataFrame:
    """Give the validation rows with the user's own columns."""
    table = pd.read_csv(folder / "predictions/validation_predictions.csv")
    return table[["text", "label", "fold"]]


def same_predictions(folder: Path, found: Path) -> None:
    """See that the validation rows are predicted as they were at the end of the run."""
    stored = np.load(folder / "predictions/validation_raw_predictions.npz")
    raw = np.load(found)
    np.testing.assert_allclose(raw["embeddings"], stored["embeddings"], atol=1e-5)
    np.testing.assert_allclose(raw["similarities"], stored["similarities"], atol=1e-5)
    for name in ("neighbours", "value of mAP", "value of nDCG@K"):
        np.testing.assert_allclose(raw[name], stored[name], atol=1e-5)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_held_out_rows_are_predicted_as_they_were(
    ending: str, cli: Cli, experiment: Path, trained: Any
) -> None:
    rows = held_out(experiment).astype("str")
    rows.to_csv("rows.csv", index=False) if ending == "csv" else rows.to_parquet("rows.parquet")
    code, out, _ = cli("predict", "trained", f"rows.{ending}", "--json")
    told = json.loads(out)
    assert (code, told["rows"]) == (0, len(rows))
    metrics = trained.scores["validation"]["metrics"]
    accuracy = told["metrics"].pop("accuracy")
    assert {name: each["score"] for name, each in told["metrics"].items()} == {
        name: pytest.approx(each["after"], abs=1e-5) for name, each in metrics.items()
    }
    same_predictions(experiment, Path("rows_raw_predictions.npz"))
    table = pd.read_csv("rows_predictions.csv")
    assert table.columns.tolist()[:4] == ["text", "label", "fold", "row"]
    right = table["predicted_label"] == table["label"]
    assert accuracy == {"score": pytest.approx(right.mean()), "rows": len(rows)}
    assert 0.5 < accuracy["score"]
    assert table["confidence"].between(0, 1).all()
    assert pd.read_parquet("rows_predictions.parquet")["same"].tolist() == table["same"].tolist()


def test_a_model_of_joined_columns_with_a_neck_predicts_as_it_did(
    cli: Cli, texts: Any, tmp_path: Path
) -> None:
    frame = pd.read_csv(texts.table)
    frame["title"] = frame["text"].str.split().str[0].str.title()
    frame.to_csv("columns.csv", index=False)
    outcome = texts.run(
        f"dataset.train_dataframe={tmp_path / 'columns.csv'}",
        "dataset.text_column=[title, text]",
        "dataset.separator=' | '",
        "tokenizer.lowercase=true",
        "architecture.embedding_size=8",
        *SHORT,
    )
    stored = np.load(outcome.folder / "predictions/validation_raw_predictions.npz")
    frame.iloc[stored["rows"]].to_csv("rows.csv", index=False)
    assert cli("predict", outcome.folder, "rows.csv")[0] == 0
    same_predictions(outcome.folder, Path("rows_raw_predictions.npz"))

    code, _, err = cli("search", outcome.folder, "pin code")
    assert (code, "made of title, text. Write --column title=… --column text=…" in err) == (3, True)
    row = frame.iloc[5]
    asked = ("--column", f"title={row.title}", "--column", f"text={row['text']}", "--json")
    code, out, _ = cli("search", outcome.folder, *asked, "--gallery", "columns.csv", "-k", "1")
    (found,) = json.loads(out)
    assert found["hits"][0]["row"] == 5
    assert found["hits"][0]["similarity"] == pytest.approx(1, abs=1e-5)
    assert found["hits"][0]["text"] == f"{row.title} | {row['text']}"
    assert "no column of this model" in cli("search", outcome.folder, "--column", "x=y")[2]


def test_rows_without_labels_are_predicted_from_standard_input(
    cli: Cli, experiment: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text('text\nmy card is blocked\n""\nwhat is the exchange rate\n')
    with (tmp_path / "in.csv").open() as file:
        monkeypatch.setattr("sys.stdin", file)
        code, out, _ = cli("predict", "trained", "-", "--gallery", "train", "--output", "new")
    assert code == 0
    assert "stdin, 2 rows; none that a metric is defined on" in out
    table = pd.read_csv("new/stdin_predictions.csv")
    assert table["row"].tolist() == [0, 2]
    assert [json.loads(each)[0] for each in table["neighbour_labels"]] == ["card", "rate"]
    stored = np.load(experiment / "predictions/validation_raw_predictions.npz")["rows"]
    searched = np.load("new/stdin_raw_predictions.npz")["gallery_rows"]
    assert sorted([*stored, *searched]) == list(range(72))


def test_a_search_finds_texts_of_the_class_and_marks_those_that_are_the_same(
    cli: Cli, experiment: Path, trained: Any
) -> None:
    code, out, err = cli("search", "trained", "card blocked", "-k", "3")
    assert code == 0
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(
        (x.split()[0] for x in lines), reverse=True
    )
    assert all("card" in line.split() for line in lines)
    decision = trained.scores["validation"]["decision"]
    assert err.splitlines()[-2] == decision["summary"]
    assert err.splitlines()[-1].startswith("predicted label by vote: card, confidence ")
    frame = pd.read_csv(trained.settings.dataset.train_dataframe)
    text = frame["text"][frame["fold"] == 1].iloc[0]
    (found,) = json.loads(cli("search", "trained", text, "-k", "60", "--json")[1])
    assert found["hits"][0]["text"] == text
    assert found["label"] in frame["label"].tolist()
    assert 0 < found["confidence"] <= 1
    assert {hit["same"] for hit in found["hits"]} == {True, False}
    for hit in found["hits"]:
        assert hit["same"] == (hit["similarity"] >= decision["threshold"])


def test_how_a_table_was_read_is_said(cli: Cli, experiment: Path, tmp_path: Path) -> None:
    table = "text;more\nexchange rate;café\nmy card;b\n".encode("cp1252")
    Path("new.csv.gz").write_bytes(gzip.compress(table))
    code, _, err = cli("predict", "trained", "new.csv.gz")
    assert (code, Path("new_predictions.csv").exists()) == (0, True)
    assert "warning: new.csv.gz has semicolons between its columns" in err
    assert "new.csv.gz is not UTF-8. It is read as Windows-1252, by which line 2 has 'café'" in err


def test_lines_are_searched_one_after_the_other(
    cli: Cli, experiment: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "lines.txt").write_text("card blocked\n\nexchange rate\n")
    with (tmp_path / "lines.txt").open() as file:
        monkeypatch.setattr("sys.stdin", file)
        code, out, err = cli("search", "trained", "-", "-k", "1", "--index", "hnsw")
    assert (code, len(out.splitlines())) == (0, 5)
    assert out.splitlines()[::3] == ["card blocked", "exchange rate"]
    assert "hnsw index of 54 rows: finds " in err


@pytest.mark.parametrize(
    ("raw", "code", "said"),
    [
        (b"card\ncaf\xe9\n", 4, "standard input: line 2, byte 8: 0xe9 is not UTF-8"),
        (b"card\0\n", 4, "standard input: line 1, byte 4: a NUL byte"),
        (b"\n \r\n", 4, "the text is blank"),
        ("card\u2028blocked\r\n\u200b\nrate\x0c\n".encode(), 0, ""),
        ("card\nrate\n".encode("utf-16"), 0, ""),
    ],
)
def test_lines_of_standard_input_are_checked(
    raw: bytes, code: int, said: str, cli: Cli, experiment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))
    found = cli("search", "trained", "-", "-k", "1", "--json")
    assert found[0] == code
    assert said in found[2]
    assert "Traceback" not in found[2]
    if not code:
        assert len(json.loads(found[1])) == 2


def test_an_index_is_kept_in_the_experiment(cli: Cli, experiment: Path) -> None:
    first = cli("search", "trained", "card", "--json")
    folder = experiment / "index/train-exact"
    made = (folder / "index.faiss").stat().st_mtime_ns
    texts = pd.read_parquet(folder / "texts.parquet")
    assert texts.columns.tolist() == ["row", "text", "label"]
    assert len(texts) == 54
    assert cli("search", "trained", "card", "--json")[:2] == first[:2]
    assert (folder / "index.faiss").stat().st_mtime_ns == made


def test_the_rows_held_out_are_searched_though_the_table_has_changed(
    cli: Cli, experiment: Path, texts: Any, tmp_path: Path
) -> None:
    search = ("search", "trained", "card", "--gallery", "validation", "-k", "99", "--json")
    held = {hit["text"] for hit in json.loads(cli(*search)[1])[0]["hits"]}
    frame = pd.read_csv(texts.table)
    new = frame.assign(text="new " + frame["text"], fold=0)
    changed = tmp_path / "changed.csv"
    pd.concat([new, frame[::-1].assign(fold=range(len(frame)))]).to_csv(changed, index=False)
    config = experiment / "config.yaml"
    config.write_text(config.read_text().replace(str(texts.table), str(changed)))

    code, out, err = cli(*search)

    assert code == 0
    assert {hit["text"] for hit in json.loads(out)[0]["hits"]} == held
    assert "changed.csv has changed since the run: of its 18 validation rows 18 are there" in err


def test_a_model_is_used_where_its_data_and_backbone_are_not(
    cli: Cli, experiment: Path, tmp_path: Path
) -> None:
    config = experiment / "config.yaml"
    text = config.read_text()
    for line in text.splitlines():
        if line.strip().startswith(("train_dataframe:", "backbone:")):
            text = text.replace(line, f"{line.split(':')[0]}: {tmp_path / 'gone.csv'}")
    config.write_text(text)
    held_out(experiment).to_csv("rows.csv", index=False)
    assert cli("predict", "trained", "rows.csv")[0] == 0
    same_predictions(experiment, Path("rows_raw_predictions.npz"))
    code, _, err = cli("search", "trained", "card")
    assert (code, "gone.csv does not exist" in err, "Traceback" in err) == (4, True, False)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["predict", "trained", "missing.csv"], 4, "missing.csv does not exist"),
        (["predict", "trained", "rows.txt"], 4, "has to end in one of"),
        (["predict", "trained", "other.csv"], 4, "no column 'text'; available: 'title'"),
        (["predict", "trained", "rows.csv", "--gallery", "tain"], 4, "has to end in one of"),
        (["predict", "nothing", "rows.csv"], 3, "Available there: trained"),
        (["search", "trained", " "], 4, "the text is blank"),
        (["search", "trained", "\u200b"], 4, "the text is blank"),
        (["search", "trained", "--column", "text= "], 4, "the text is blank"),
        (["search", "trained", "caf\udce9"], 4, "TEXT: line 1, byte 3: 0xe9 is not UTF-8"),
        (
            ["search", "trained", "--column", "text=\udce9"],
            4,
            "--column text: line 1, byte 0: 0xe9",
        ),
        (["search", "trained"], 2, "give either TEXT or --column"),
        (["search", "trained", "x", "-k", "0"], 2, "0 is not in the range"),
    ],
)
def test_wrong_input_is_one_message(
    arguments: list[str], code: int, said: str, cli: Cli, experiment: Path
) -> None:
    Path("rows.csv").write_text("text\nmy card\n")
    Path("rows.txt").write_text("text\nmy card\n")
    Path("other.csv").write_text("title\nmy card\n")
    found = cli(*arguments)
    assert (found[0], found[1]) == (code, "")
    assert said in found[2]
    assert "Traceback" not in found[2]


def test_a_damaged_model_is_one_message(cli: Cli, experiment: Path) -> None:
    (experiment / "model/modules.json").unlink()
    code, out, err = cli("search", "trained", "card")
    assert (code, out, "Traceback" in err) == (5, "", False)
    assert "damaged" in err


def test_the_report_and_the_card_tell_the_threshold(trained: Any) -> None:
    said = trained.scores["validation"]["decision"]["summary"]
    assert said.startswith("same from similarity 0.")
    assert said in (trained.folder / "model/README.md").read_text()
    stored = json.loads((trained.folder / "scores.json").read_text())
    assert stored["validation"]["decision"]["threshold"] > 0


def test_the_page_shows_how_to_ask_from_python(
    experiment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Path(__file__).parents[2] / "docs" / "using-a-model.md"
    (program,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    experiment.rename(tmp_path / "runs/example")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(program, names)
    assert names["predictions"].embeddings.shape == (2, 32)
    assert [len(each) for each in names["hits"]] == [5]

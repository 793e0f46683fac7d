"""The scoring pipeline embeds texts and tables as training did, and says what is wrong."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hydro_text_metric_learning.export.pipeline_folder import write_pipeline_folder
from hydro_text_metric_learning.export.scoring_pipeline import InputError, Pipeline, main

Score = Callable[..., tuple[Any, str]]


@pytest.fixture(scope="module")
def pipeline(saved: Any, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A pipeline whose model lower-cases and joins title and text."""
    folder = tmp_path_factory.mktemp("pipeline")
    write_pipeline_folder(saved.folder, folder)
    return Pipeline(folder)


@pytest.fixture
def score(
    pipeline: Pipeline,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Score:
    """Embed a table on the command line: the exit code, or what it ended with, and what it said."""

    def run(
        table: str | bytes, target: str = "found.csv", gallery: str | None = None
    ) -> tuple[Any, str]:
        source = tmp_path / "rows.csv"
        source.write_bytes(table if isinstance(table, bytes) else table.encode())
        module = "hydro_text_metric_learning.export.scoring_pipeline"
        monkeypatch.setattr(f"{module}.Pipeline", lambda: pipeline)
        arguments = [str(source), str(tmp_path / target)]
        if gallery is not None:
            (tmp_path / "known.csv").write_text(gallery)
            arguments += ["--gallery", str(tmp_path / "known.csv")]
        monkeypatch.setattr("sys.argv", ["scoring_pipeline", *arguments])
        code: Any = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        return code, capsys.readouterr().err

    return run


def test_rows_get_the_embeddings_of_the_model(
    pipeline: Pipeline, saved: Any, rows: pd.DataFrame
) -> None:
    found = pipeline.embed_rows(rows.to_dict("records"))  # type: ignore[arg-type]
    np.testing.assert_allclose(found, saved.embeddings, atol=1e-5)
    texts = saved.tokenizer.join(saved.columns)
    np.testing.assert_allclose(pipeline.embed(texts), saved.embeddings, atol=1e-5)


def test_a_missing_column_counts_as_empty_beside_one_that_is_there(pipeline: Pipeline) -> None:
    full = pipeline.embed_rows([{"title": "", "text": "card"}])
    assert np.array_equal(pipeline.embed_rows([{"text": "card"}]), full)
    assert np.array_equal(pipeline.embed_rows([{"title": None, "text": "card"}]), full)


def test_no_texts_give_no_embeddings(pipeline: Pipeline) -> None:
    assert pipeline.embed([]).shape == (0, 5)
    assert pipeline.embed_rows([]).shape == (0, 5)


def test_many_batches_keep_the_order(
    pipeline: Pipeline, saved: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydro_text_metric_learning.export.scoring_pipeline.TOKENS", 20)
    texts = saved.tokenizer.join(saved.columns)
    np.testing.assert_allclose(pipeline.embed(texts), saved.embeddings, atol=1e-5)


def test_what_is_no_text_is_refused(pipeline: Pipeline) -> None:
    with pytest.raises(InputError, match=r"text 1 \(counted from 0\) is float, not a text"):
        pipeline.embed(["a", float("nan")])  # type: ignore[list-item]
    for text, byte in (("a\ud800", "0xed"), ("b\0", "a NUL")):
        with pytest.raises(InputError, match=rf"text 1 \(counted from 0\): .* byte 1: {byte}"):
            pipeline.embed(["a", text])
    with pytest.raises(InputError, match=r"row 1 .* and 1 more: no text in 'title' or 'text'"):
        pipeline.embed_rows([{"text": "a"}, {"text": " \u200b"}, {"title": None}])


def test_a_table_becomes_a_table_with_one_more_column(
    score: Score, saved: Any, rows: pd.DataFrame, tmp_path: Path
) -> None:
    table = rows.assign(own=['=1+1, "x"\n'] * len(rows)).to_csv(index=False)
    assert score("\ufeff" + table) == (0, f"8 rows into {tmp_path / 'found.csv'}\n")
    with (tmp_path / "found.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert [*found[0]] == ["title", "text", "own", "embedding"]
    assert found[3]["own"] == '=1+1, "x"\n'
    embeddings = [json.loads(row["embedding"]) for row in found]
    np.testing.assert_allclose(embeddings, saved.embeddings, atol=1e-5)


def test_a_table_becomes_an_array(
    score: Score, saved: Any, rows: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydro_text_metric_learning.export.scoring_pipeline.ROWS", 3)
    assert score(rows.to_csv(index=False), "found.npz")[0] == 0
    found = np.load(tmp_path / "found.npz")["embeddings"]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, saved.embeddings, atol=1e-5)


@pytest.fixture
def without_threshold(monkeypatch: pytest.MonkeyPatch, pipeline: Pipeline) -> None:
    """The model of a run in which no similarity was precise enough."""
    monkeypatch.setattr(pipeline, "threshold", None)


def test_texts_are_the_same_from_the_threshold_on(pipeline: Pipeline, threshold: float) -> None:
    below = np.nextafter(np.float32(threshold), np.float32(0))
    similarities = np.array([[1, threshold], [below, -1]], np.float32)
    assert pipeline.same(similarities).tolist() == [[True, True], [False, False]]


@pytest.mark.usefixtures("without_threshold")
def test_without_a_threshold_nothing_can_be_said_to_be_the_same(pipeline: Pipeline) -> None:
    with pytest.raises(InputError, match="the model has no threshold"):
        pipeline.same(np.ones(1, np.float32))


@pytest.mark.parametrize("pairs", [1, 2**24])
def test_rows_are_compared_with_a_gallery(
    pairs: int,
    score: Score,
    saved: Any,
    rows: pd.DataFrame,
    tmp_path: Path,
    threshold: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hydro_text_metric_learning.export.scoring_pipeline.COSINES", pairs)
    known = "title,text\n , \n" + rows[3:].to_csv(index=False, header=False)
    cosines = saved.embeddings @ saved.embeddings[3:].T
    # The first row of the gallery is blank, so the others count from 1.
    nearest, similarity = cosines.argmax(axis=1) + 1, cosines.max(axis=1)
    same = similarity >= threshold
    assert set(same.tolist()) == {True, False}
    assert score(rows.to_csv(index=False), "found.npz", known)[0] == 0
    found = np.load(tmp_path / "found.npz")
    assert found["nearest"].tolist() == nearest.tolist()
    np.testing.assert_allclose(found["similarity"], similarity, atol=1e-5)
    assert found["same"].tolist() == same.tolist()
    assert score(rows.to_csv(index=False), "found.csv", known)[0] == 0
    table = pd.read_csv(tmp_path / "found.csv")
    assert table.columns[2:].tolist() == ["nearest", "similarity", "same", "embedding"]
    assert table["nearest"].tolist() == nearest.tolist()
    assert table["same"].tolist() == same.tolist()


@pytest.mark.usefixtures("without_threshold")
def test_without_a_threshold_a_gallery_gives_the_nearest(score: Score, tmp_path: Path) -> None:
    assert score("title,text\na,b\n , \n", "found.csv", "title,text\nc,d\n")[0] == 0
    lines = (tmp_path / "found.csv").read_text().splitlines()
    assert lines[0] == "title,text,nearest,similarity,embedding"
    assert lines[1].startswith("a,b,0,")
    assert lines[2] == " , ,,,"


def test_a_column_of_the_result_that_is_there_already_is_refused(
    score: Score, tmp_path: Path
) -> None:
    code, _ = score("title,text,same\na,b,c\n", "found.csv", "title,text\na,b\n")
    assert code.startswith(f"scoring_pipeline: {tmp_path / 'rows.csv'} has a column 'same', as")
    assert not (tmp_path / "found.csv").exists()
    assert score("title,text,same\na,b,c\n")[0] == 0


def test_a_gallery_without_text_is_refused(score: Score, tmp_path: Path) -> None:
    code, _ = score("title,text\na,b\n", "found.csv", "title,text\n , \n")
    known = tmp_path / "known.csv"
    assert code == f"scoring_pipeline: {known} has no row with text to compare with"


@pytest.mark.parametrize("name", ["found.csv", "found.npz"])
def test_rows_without_text_are_kept_and_told(name: str, score: Score, tmp_path: Path) -> None:
    code, said = score("title,text\nA,card\n , \nB,pin\n", name)
    assert code == 0
    assert said == f"3 rows into {tmp_path / name}; 1 have no text, and no embedding\n"
    if name == "found.npz":
        lacking = np.isnan(np.load(tmp_path / name)["embeddings"]).all(axis=1)
    else:
        lacking = pd.read_csv(tmp_path / name)["embedding"].isna().to_numpy()
    assert lacking.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "is empty. It needs a line with the names of the columns"),
        ("title,txt\na,b\n", "no column 'text'; available: 'title', 'txt'. Did you mean 'txt'?"),
        ("title,text\na,b\na,b,c\n", "line 3 has 3 fields, but the columns are 2"),
    ],
)
def test_a_bad_table_is_told_and_leaves_nothing(
    table: str | bytes, said: str, score: Score, tmp_path: Path
) -> None:
    code, _ = score(table)
    assert code.startswith(f"scoring_pipeline: {tmp_path / 'rows.csv'}")
    assert said in code
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_a_long_text_is_read(score: Score) -> None:
    assert score(f"title,text\na,{'b ' * 100_000}\n")[0] == 0


def test_the_name_of_the_result_says_its_format(score: Score) -> None:
    code, said = score("title,text\na,b\n", "found.txt")
    assert code == 2
    assert "the name of the result has to end in .csv or .npz" in said


def test_a_result_that_cannot_be_written_is_told(score: Score, tmp_path: Path) -> None:
    code, _ = score("title,text\na,b\n", "nowhere/found.csv")
    assert code == (
        f"scoring_pipeline: {tmp_path / 'nowhere/found.csv'} cannot be written: "
        "No such file or directory"
    )

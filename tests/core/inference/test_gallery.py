"""The rows to compare with are those of a run, or those of a table."""

import os
from pathlib import Path
from typing import Any

import pytest

from hydro.errors import DataError
from hydro.inference.gallery import Gallery, read_rows


def gallery(word_count: Any, name: str, *changes: str) -> Gallery:
    """Give a gallery of the word count experiment."""
    settings = word_count.prepare(*changes).settings
    return Gallery.of(name, settings, word_count.problem.columns(settings))


@pytest.mark.parametrize("fold", ["0", "2"])
@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_split_is_read_as_the_run_read_it(word_count: Any, split: str, fold: str) -> None:
    change = f"dataset.folds={fold}"
    frames = word_count.prepare(change).frames
    frame, _ = gallery(word_count, split, change).read()
    assert frame.index.tolist() == getattr(frames, split).index.tolist()
    assert len(frame) == {"train": 30, "validation": 10}[split]


def test_a_random_split_is_the_same_again(word_count: Any) -> None:
    changes = ("dataset.validation_strategy=automatic", "environment.seed=5")
    frames = word_count.prepare(*changes).frames
    frame, _ = gallery(word_count, "validation", *changes).read()
    assert frame.index.tolist() == frames.validation.index.tolist()


def test_any_other_name_is_the_path_of_a_table(word_count: Any, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text('text\none\n""\nthree\n')
    found = gallery(word_count, str(path))
    frame, notes = found.read()
    assert frame["text"].to_dict() == {0: "one", 2: "three"}
    assert notes == ["other.csv: 1 row with missing or blank text dropped (row 2)"]


def test_the_stamp_changes_with_the_file(word_count: Any, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    found = gallery(word_count, str(path))
    assert found.fingerprint is None
    path.write_text("text\none\n")
    first = found.fingerprint
    assert first == found.fingerprint
    os.utime(path, (1, 1))
    assert found.fingerprint != first


def test_galleries_of_one_name_are_kept_apart(word_count: Any, tmp_path: Path) -> None:
    names = {gallery(word_count, str(tmp_path / each / "t.csv")).name for each in ("a", "b")}
    assert len(names) == 2
    assert gallery(word_count, "train").name == "train"


def test_custom_validation_rows_come_from_their_own_table(word_count: Any, tmp_path: Path) -> None:
    path = tmp_path / "held_out.csv"
    path.write_text("text,words\none,1\n")
    changes = ("dataset.validation_strategy=custom", f"dataset.validation_dataframe={path}")
    found = gallery(word_count, "validation", *changes)
    assert found.path == path
    assert found.read()[0]["text"].tolist() == ["one"]


def test_a_table_needs_the_columns_of_the_model(word_count: Any, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("title\none\n")
    settings = word_count.prepare().settings
    with pytest.raises(DataError, match="no column 'text'; available: 'title'"):
        read_rows(path, word_count.problem.columns(settings))

"""The rows to compare with are those of a run, or those of a table."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import pytest

from hydro.artifacts.run_folder import RunFolder
from hydro.data.split_record import FILE
from hydro.errors import DataError
from hydro.inference.gallery import Gallery, read_rows


def gallery(word_count: Any, name: str, *changes: str) -> Gallery:
    """Give a gallery of the linear regression."""
    settings = word_count.prepare(*changes).settings
    columns = word_count.problem.columns(settings)
    return Gallery.of(name, settings, columns, RunFolder(word_count.output))


class Ran:
    """A run, of which a table changes afterwards."""

    def __init__(self, word_count: Any, *changes: str) -> None:
        self.outcome = word_count.run("training.epochs=0", *changes)
        self.frames = word_count.prepare(*changes).frames
        self.columns = word_count.problem.columns(self.outcome.settings)
        self.table = word_count.config.with_name("rows.csv")

    def texts(self, split: str) -> list[str]:
        """Return the texts of a split as it was."""
        found: list[str] = getattr(self.frames, split)["text"].tolist()
        return sorted(found)

    def read(self, split: str) -> tuple[list[str], list[str]]:
        """Return the texts of a split as it is found now, and the warnings."""
        run = RunFolder(self.outcome.folder)
        frame, warnings = Gallery.of(split, self.outcome.settings, self.columns, run).read()
        return sorted(frame["text"]), warnings


DRAWN = [
    ("dataset.validation_strategy=automatic", "environment.seed=-1"),
    ("dataset.validation_strategy=automatic", "environment.seed=5"),
    ("dataset.folds=1",),
    ("dataset.validation_strategy=automatic", "dataset.data_sample=0.5"),
]


@pytest.fixture
def distinct(word_count: Any) -> Any:
    """The experiment on rows that are all different, in blocks of folds."""
    rows = "".join(f"{'one ' * (row % 9)}t{row},{row % 9 + 1},{row // 10}\n" for row in range(40))
    path = word_count.config.with_name("rows.csv")
    path.write_text(f"text,words,fold\n{rows}", encoding="utf-8")
    return word_count


def shuffle(lines: list[str]) -> list[str]:
    """Put the rows in another order."""
    return lines[::-1]


def append(lines: list[str]) -> list[str]:
    """Add rows."""
    return [*lines, *(f"new {row},2,1\n" for row in range(30))]


@pytest.mark.parametrize("change", [shuffle, append])
@pytest.mark.parametrize("changes", DRAWN)
@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_split_is_found_by_content_in_a_table_that_has_changed(
    distinct: Any, split: str, changes: tuple[str, ...], change: Any
) -> None:
    ran = Ran(distinct, *changes)
    assert ran.read(split) == (ran.texts(split), [])
    header, *lines = ran.table.read_text().splitlines(keepends=True)
    ran.table.write_text(header + "".join(change(lines)))

    found, warnings = ran.read(split)

    assert found == ran.texts(split)
    count = len(found)
    assert warnings == [
        f"rows.csv has changed since the run: of its {count} {split} rows {count} are there as "
        "they were, and are used"
    ]


def test_rows_that_are_gone_are_left_out_and_none_left_is_an_error(distinct: Any) -> None:
    ran = Ran(distinct)
    lost, *kept = ran.texts("validation")
    text = ran.table.read_text()
    ran.table.write_text(text.replace(f"{lost},", f"{lost}!,"))
    found, warnings = ran.read("validation")
    assert found == kept
    assert "of its 10 validation rows 9 are there" in warnings[0]

    ran.table.write_text("text,words,fold\nanother,1,0\nand another,2,1\n")
    with pytest.raises(DataError, match=r"of its 10 validation rows none is there\. Put the table"):
        ran.read("validation")


def test_an_experiment_that_does_not_know_its_rows_warns(distinct: Any) -> None:
    ran = Ran(distinct, "dataset.folds=1")
    (ran.outcome.folder / FILE).unlink()
    assert ran.read("validation") == (ran.texts("validation"), [])
    ran.table.write_text(ran.table.read_text() + "new,1,1\n")
    found, warnings = ran.read("validation")
    assert len(found) == 11
    assert warnings == [
        "rows.csv has changed since the run, which does not know its validation rows: they are "
        "split again, so some may be of the other split"
    ]


def test_a_table_of_held_out_rows_that_has_changed_is_searched_by_content(distinct: Any) -> None:
    path = distinct.config.with_name("held_out.csv")
    path.write_text("text,words\nheld one,2\nheld two,2\n")
    custom = ("dataset.validation_strategy=custom", f"dataset.validation_dataframe={path}")
    ran = Ran(distinct, *custom)
    assert ran.read("validation") == (["held one", "held two"], [])
    path.write_text("text,words\nnew,1\nheld two,2\n")
    assert ran.read("validation")[0] == ["held two"]
    assert ran.read("train") == (ran.texts("train"), [])


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


def test_labels_are_normalized_as_in_training(word_count: Any, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("text,words\none, 1.0\n")
    columns = word_count.problem.columns(word_count.prepare().settings)
    normalizing = dataclasses.replace(columns, normalize_targets=True)
    assert read_rows(path, columns)[0]["words"].tolist() == [" 1.0"]
    assert read_rows(path, normalizing)[0]["words"].tolist() == ["1"]

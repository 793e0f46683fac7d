"""The frames of a run hold the rows that the settings ask for, and all their columns."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hydro.data.columns import Columns
from hydro.data.frames import load_frames
from hydro.errors import DataError, ResourceError
from hydro.settings.sections import DatasetSection

Dataset = Callable[..., DatasetSection]
Write = Callable[..., Path]

_COLUMNS = Columns(("text",), ("label",))


def _texts(count: int) -> list[str | None]:
    return [f"text {row}" for row in range(count)]


def _labels(count: int) -> list[str | None]:
    return ["ab"[row % 2] for row in range(count)]


def test_a_fold_is_held_out_and_rows_keep_their_number_and_columns(
    write_table: Write, dataset: Dataset
) -> None:
    folds = ["x", "y", "z", "x", "y", "z"]
    write_table("train.csv", id=list("abcdef"), text=_texts(6), label=_labels(6), fold=folds)

    frames = load_frames(dataset(), _COLUMNS, fold="y", seed=0)

    assert frames.validation.index.tolist() == [1, 4]
    assert frames.train.index.tolist() == [0, 2, 3, 5]
    assert frames.train["id"].tolist() == ["a", "c", "d", "f"]
    assert (frames.fold, frames.folds, frames.test, frames.warnings) == (
        "y",
        ("x", "y", "z"),
        None,
        (),
    )


def test_dropped_rows_are_noted_and_leave_gaps_in_the_index(
    write_table: Write, dataset: Dataset
) -> None:
    texts, labels = _texts(8), _labels(8)
    texts[2], labels[5] = " ", None
    write_table("train.csv", text=texts, label=labels, fold=["0", "1", "1", "0"] * 2)

    frames = load_frames(dataset(), _COLUMNS, fold=None, seed=0)

    assert frames.validation.index.tolist() == [0, 3, 4, 7]
    assert frames.train.index.tolist() == [1, 6]
    assert frames.warnings == (
        "train.csv: 1 row without label dropped (row 6)",
        "train.csv: 1 row with missing or blank text dropped (row 3)",
    )


def test_how_a_table_was_read_is_a_warning(tmp_path: Path, dataset: Dataset) -> None:
    rows = "".join(f"t{row};{row % 2};;\n" for row in range(6))
    (tmp_path / "train.csv").write_text(f"text;label;;\n{rows}", encoding="utf-16")
    (tmp_path / "test.csv").write_text("text;more\na;b\n")

    frames = load_frames(dataset(test_dataframe=tmp_path / "test.csv"), _COLUMNS, fold=None, seed=0)

    assert [warning.partition(".csv")[2] for warning in frames.warnings] == [
        " is read as UTF-16",
        " has semicolons between its columns, and is read so",
        ": 2 columns without a name are left out",
        " has semicolons between its columns, and is read so",
        " has no label, so there is no test metric",
    ]


def test_the_labels_of_a_test_table_may_lack_but_not_stand_twice(
    write_table: Write, tmp_path: Path, dataset: Dataset
) -> None:
    write_table("train.csv", text=_texts(10), label=_labels(10))
    (tmp_path / "test.csv").write_text("text,label,label\na,b,c\n")

    with pytest.raises(DataError, match="columns 2 and 3 are both called 'label'"):
        load_frames(dataset(test_dataframe=tmp_path / "test.csv"), _COLUMNS, fold=None, seed=0)


@pytest.mark.parametrize("name", ["fold", "label", "text"])
def test_a_column_of_meaning_that_stands_twice_is_an_error(
    write_table: Write, dataset: Dataset, name: str
) -> None:
    path = write_table("train.csv", text=_texts(6), label=_labels(6), fold=_labels(6))
    lines = path.read_text().splitlines()
    path.write_text("\n".join([f"{lines[0]},{name}", *(f"{line},a" for line in lines[1:])]))

    with pytest.raises(DataError, match=f"are both called '{name}'"):
        load_frames(dataset(), _COLUMNS, fold=None, seed=0)


def test_labels_are_normalized_in_every_table(write_table: Write, dataset: Dataset) -> None:
    columns = Columns(("text",), ("label",), normalize_targets=True)
    labels: list[str | None] = ["Card", "card ", "1.0", "1", " ", "Pin"]
    path = write_table("train.csv", text=_texts(6), label=labels, fold=["0", "1"] * 3)

    frames = load_frames(dataset(test_dataframe=path), columns, fold=None, seed=0)

    assert frames.validation["label"].tolist() == ["card", "1"]
    assert frames.train["label"].tolist() == ["card", "1", "pin"]
    assert frames.test is not None
    assert frames.test["label"].fillna("?").tolist() == ["card", "card", "1", "1", "?", "pin"]
    assert "train.csv: 1 row without label dropped (row 5)" in frames.warnings


def test_custom_trains_on_the_whole_train_file(write_table: Write, dataset: Dataset) -> None:
    write_table("train.csv", text=_texts(4), label=_labels(4), fold=[None] * 4)
    other = write_table("other.csv", text=["new", "text 1", None], label=["a", "b", "b"])
    settings = dataset(validation_strategy="custom", validation_dataframe=other, folds=["9"])

    frames = load_frames(settings, _COLUMNS, fold=None, seed=0)

    assert len(frames.train) == 4
    assert frames.validation["text"].tolist() == ["new", "text 1"]
    assert (frames.fold, frames.folds) == ("custom", ())
    assert frames.warnings == ("other.csv: 1 row with missing or blank text dropped (row 3)",)


def test_the_column_of_groups_has_to_be_there(write_table: Write, dataset: Dataset) -> None:
    write_table("train.csv", text=_texts(6), label=_labels(6))
    settings = dataset(validation_strategy="grouped_kfold", group_fold_column="lable")

    with pytest.raises(DataError, match=r"no column 'lable'.*Did you mean 'label'"):
        load_frames(settings, _COLUMNS, fold=None, seed=0)


def test_a_test_table_needs_no_labels_and_keeps_rows_without_one(
    write_table: Write, dataset: Dataset
) -> None:
    write_table("train.csv", text=_texts(10), label=_labels(10))
    labeled = write_table("some.csv", text=["x", " ", "y"], label=["a", "b", None])
    bare = write_table("bare.csv", text=["x"], more=["m"])

    some = load_frames(dataset(test_dataframe=labeled), _COLUMNS, fold=None, seed=0)
    none = load_frames(dataset(test_dataframe=bare), _COLUMNS, fold=None, seed=0)

    assert some.test is not None and none.test is not None
    assert some.test.index.tolist() == [0, 2]
    assert list(none.test.columns) == ["text", "more"]
    assert none.warnings == ("bare.csv has no label, so there is no test metric",)


@pytest.mark.parametrize(
    ("choice", "train", "validation"),
    [(["Train", "Validation"], 20, 5), (["Train"], 20, 20), (["Validation"], 80, 5), ([], 80, 20)],
)
def test_a_share_of_the_chosen_sides_is_sampled_in_order(
    write_table: Write, dataset: Dataset, choice: list[str], train: int, validation: int
) -> None:
    folds = ["0" if row % 5 == 0 else "1" for row in range(100)]
    write_table("train.csv", text=_texts(100), label=_labels(100), fold=folds)
    settings = dataset(data_sample=0.25, data_sample_choice=choice)

    frames, again, other = (load_frames(settings, _COLUMNS, fold=None, seed=s) for s in (1, 1, 2))

    assert (len(frames.train), len(frames.validation)) == (train, validation)
    assert frames.train.index.is_monotonic_increasing
    pd.testing.assert_frame_equal(frames.train, again.train)
    pd.testing.assert_frame_equal(frames.validation, again.validation)
    assert (frames.train.index.tolist() != other.train.index.tolist()) == ("Train" in choice)


def test_the_rows_of_two_samples_and_of_the_split_have_nothing_to_do_with_each_other(
    write_table: Write, dataset: Dataset
) -> None:
    """Drawn from one stream, sides of one length would keep their rows at the same places."""
    folds = ["0", "1"] * 200
    write_table("train.csv", text=_texts(400), label=_labels(400), fold=folds)
    half = {"validation_strategy": "automatic", "validation_size": 0.5}

    frames = load_frames(dataset(data_sample=0.5), _COLUMNS, fold=None, seed=3)
    split = load_frames(dataset(**half), _COLUMNS, fold=None, seed=3)

    train, validation = set(frames.train.index // 2), set(frames.validation.index // 2)
    assert len(train) == len(validation) == 100
    assert 30 < len(train & validation) < 70
    held_out = {row for row in range(200) if row in set(split.validation.index)}
    for sampled in (train, validation):
        assert 30 < len(sampled & held_out) < 70


def test_stratified_folds_are_made_of_the_rows_that_are_left(
    write_table: Write, dataset: Dataset
) -> None:
    labels: list[str | None] = ["a"] * 10 + ["b"] * 10 + ["c", None]
    folds: list[str | None] = ["9"] * 22
    write_table("train.csv", text=_texts(22), label=labels, fold=folds)

    frames = load_frames(
        dataset(validation_strategy="stratified_kfold"), _COLUMNS, fold="4", seed=0
    )

    assert frames.folds == ("0", "1", "2", "3", "4")
    assert frames.validation["label"].value_counts().reindex(["a", "b"]).tolist() == [2, 2]
    assert "train.csv: 1 value of label on fewer than 5 rows, so not every fold has it: 'c'" in (
        frames.warnings
    )


def test_the_targets_of_further_folds_are_those_that_their_runs_hold_out(
    write_table: Write, dataset: Dataset
) -> None:
    write_table("train.csv", text=_texts(40), label=_labels(40), fold=["0", "1", "2", "3"] * 10)
    sampled = dataset(folds=["2", "0", "1"], data_sample=0.5)

    first, one = (load_frames(sampled, _COLUMNS, fold=fold, seed=0) for fold in (None, "1"))

    assert (first.fold, [*first.later], one.later) == ("2", ["0", "1"], {})
    assert len(one.validation) == 5
    pd.testing.assert_frame_equal(first.later["1"], one.validation[["label"]])


def test_a_sample_has_at_least_one_row(write_table: Write, dataset: Dataset) -> None:
    write_table("train.csv", text=_texts(10), label=_labels(10))
    settings = dataset(data_sample=0.01, data_sample_choice=["Validation"])

    assert len(load_frames(settings, _COLUMNS, fold=None, seed=0).validation) == 1


@pytest.mark.parametrize("name", ["a 'b' \"c\"", "x.y", "class", "1 + 1", "`tick`", "@here", ""])
def test_column_names_are_never_taken_for_code(
    write_table: Write, dataset: Dataset, name: str
) -> None:
    text, label, shop = f"text {name}", name, f"shop {name}"
    columns = {text: _texts(10), label: _labels(10), shop: [f"s{row % 5}" for row in range(10)]}
    write_table("train.csv", **columns)
    settings = dataset(validation_strategy="grouped_kfold", group_fold_column=shop)

    frames = load_frames(settings, Columns((text,), (label,)), fold="4", seed=0)

    assert (len(frames.train), len(frames.validation)) == (8, 2)


def test_parquet_folds_of_numbers_are_named_as_people_write_them(
    tmp_path: Path, dataset: Dataset
) -> None:
    table = {"text": _texts(4), "label": [1, 1, 2, 2], "fold": [0.0, 1.0, 0.0, 1.0]}
    pq.write_table(pa.table({**table, "vector": [[1]] * 4}), tmp_path / "train.parquet")

    frames = load_frames(
        dataset(train_dataframe=tmp_path / "train.parquet"), _COLUMNS, fold="1", seed=0
    )

    assert frames.folds == ("0", "1")
    assert frames.train["label"].tolist() == ["1", "2"]
    assert "vector" not in frames.train


def test_a_zip_of_csvs_is_numbered_through(tmp_path: Path, dataset: Dataset) -> None:
    with zipfile.ZipFile(tmp_path / "train.zip", "w") as archive:
        archive.writestr("1.csv", "text,label,fold\na,x,0\nb,y,1\n")
        archive.writestr("2.csv", "text,label,fold\nc,x,1\nd,y,0\n")

    frames = load_frames(
        dataset(train_dataframe=tmp_path / "train.zip"), _COLUMNS, fold="0", seed=0
    )

    assert frames.validation.index.tolist() == [0, 3]


def test_memory_that_does_not_suffice_for_the_split_is_named(
    write_table: Write, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_table("train.csv", text=_texts(10), label=_labels(10))

    def fail(*arguments: object) -> None:
        raise MemoryError

    monkeypatch.setattr("hydro.data.frames.keep_rows", fail)
    with pytest.raises(ResourceError, match=r"train\.csv: out of memory while a table of"):
        load_frames(dataset(), _COLUMNS, fold=None, seed=0)


def test_real_questions_split_into_five_folds(dataset: Dataset) -> None:
    path = Path(__file__).resolve().parents[3] / "../shared/data/banking77/train.csv"
    if not path.exists():
        pytest.skip("the table of real questions is not here")

    frames = load_frames(dataset(train_dataframe=path), _COLUMNS, fold="3", seed=0)

    assert len(frames.train) + len(frames.validation) == 10_003
    assert frames.train["label"].nunique() == 77

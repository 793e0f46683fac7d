"""Tests of what holds between settings, and of the files and the name that they give."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from hydro.settings.loading import LoadedSettings

Read = Callable[..., LoadedSettings]
Refusal = Callable[..., Sequence[str]]

URL = "and tables are read from files. Download it, and name the file"

DATASET = "dataset: {train_dataframe: rows.csv, text_column: text, label_columns: label, "

CONTRADICTIONS = {
    "training: {save_best_checkpoint: true, evaluation_epochs: 2}": (
        "2:59: training.evaluation_epochs: contradicts the other setting: "
        "training.save_best_checkpoint is true"
    ),
    "training: {save_best_checkpoint: true, train_validation_data: true}": (
        "2:63: training.train_validation_data: contradicts the other setting: "
        "training.save_best_checkpoint is true"
    ),
}


@pytest.mark.parametrize("text", CONTRADICTIONS)
def test_a_contradiction_names_both_settings(text: str, refusal: Refusal) -> None:
    assert refusal(text)[1].startswith(f"FILE:{CONTRADICTIONS[text]}. Change one of them")


@pytest.mark.parametrize(
    ("strategy", "needed"),
    [("custom", "validation_dataframe"), ("grouped_kfold", "group_fold_column")],
)
def test_a_strategy_names_the_setting_that_it_needs(
    strategy: str, needed: str, refusal: Refusal
) -> None:
    said = refusal("", head=f"{DATASET}validation_strategy: {strategy}}}\n")[1]
    why = f"because dataset.validation_strategy is {strategy}"
    assert said.startswith(f"FILE:1:1: dataset.{needed}: must be given, {why}")


def test_what_contradicts_may_stand_there_with_its_default(read: Read) -> None:
    assert not read(
        "training: {save_best_checkpoint: true, evaluation_epochs: 1.0, "
        "train_validation_data: false}"
    ).warnings


IDLE = {
    "training: {loss_function: CrossEntropy, arcface_margin: 0.3}": (
        "training.arcface_margin does not apply here (only while training.loss_function is "
        "ArcFace); it is kept and ignored"
    ),
    "training: {differential_learning_rate: 3e-4}": (
        "training.differential_learning_rate does not apply here (only while "
        "training.differential_learning_rate_layers is not []); it is kept and ignored"
    ),
}


@pytest.mark.parametrize("text", IDLE)
def test_what_does_not_apply_is_kept_with_a_note(text: str, read: Read) -> None:
    assert read(text).warnings == (IDLE[text],)


def test_folds_do_not_apply_to_a_table_of_its_own(read: Read) -> None:
    custom = "validation_strategy: custom, validation_dataframe: rows.csv, folds: [1]}\n"
    loaded = read("", head=DATASET + custom)
    assert loaded.settings.dataset.folds == ("1",)
    assert [note.split(" ")[0] for note in loaded.warnings] == ["dataset.folds"]


def test_what_does_not_apply_makes_no_noise_at_its_default(read: Read) -> None:
    assert not read("training: {loss_function: CrossEntropy, arcface_margin: 0.1}").warnings


def test_a_file_that_does_not_apply_need_not_be_there(read: Read) -> None:
    assert read("", head=DATASET + "validation_dataframe: gone.csv}\n").warnings


def test_a_table_that_cannot_be_read_is_named_with_the_reason(
    config: Path, refusal: Refusal
) -> None:
    folder = config.parent
    (folder / "folder.csv").mkdir()
    os.mkfifo(folder / "pipe.csv")
    (folder / "loop.csv").symlink_to("loop.csv")
    faults = {
        "gone.csv": "no such file",
        "s3://bucket/a/t.csv": f"s3://bucket/a/t.csv is a URL, {URL}",
        "https://example.org/t.csv?a=1": f"https://example.org/t.csv?a=1 is a URL, {URL}",
        "folder.csv": "a folder, not a file",
        "pipe.csv": "not a file",
        "loop.csv": "too many levels of symbolic links",
        f"{'x' * 300}.csv": "file name too long",
        "rows.csv/rows.csv": "not a directory",
    }
    for name, fault in faults.items():
        said = refusal("", head=f"{DATASET}test_dataframe: {name}}}\n")[1]
        assert said == f"FILE:1:95: dataset.test_dataframe: {folder / name}: {fault}"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_a_table_without_permission_is_named(config: Path, refusal: Refusal) -> None:
    (config.parent / "rows.csv").chmod(0)
    assert refusal("")[1].endswith("rows.csv: permission denied")


def test_a_table_beside_the_shell_and_not_beside_the_file_is_pointed_out(
    tmp_path: Path, refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "other.csv").touch()
    monkeypatch.chdir(tmp_path / "here")
    said = refusal("", head=f"{DATASET}test_dataframe: other.csv}}\n")[1]
    assert said.endswith(
        "no such file; there is one in the working folder, "
        "but paths in a YAML file start from its own"
    )


def test_an_unsafe_name_is_told_with_its_place(refusal: Refusal) -> None:
    said = refusal(
        "experiment_name: ../x\ntraining: {save_best_checkpoint: 1, evaluation_epochs: 2}"
    )
    assert said[0] == "FILE: 2 problems with the settings"
    assert said[1].startswith("FILE:2:18: experiment_name: '../x' cannot be a folder's name")


def test_a_sample_of_no_split_is_said_to_change_nothing(
    read: Callable[..., LoadedSettings],
) -> None:
    head = f"{DATASET}data_sample: .5, data_sample_choice: []}}\n"
    assert read("", head=head).warnings == (
        "dataset.data_sample does not apply here (only while dataset.data_sample_choice is not "
        "[]); it is kept and ignored",
    )
    assert read("", head=f"{DATASET}data_sample: .5}}\n").warnings == ()

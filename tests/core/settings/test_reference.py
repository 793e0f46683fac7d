"""Tests that files of the reference system load as they are, with the habits that they have."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hydro.settings.loading import LoadedSettings, load
from hydro.settings.schema import Schema, flatten
from hydro.settings.sections import Settings

EXPORT = Path(__file__).with_name("hydrogen_export.yml")

Read = Callable[..., LoadedSettings]
Refusal = Callable[..., Sequence[str]]


@pytest.fixture
def export(config: Path, model: type[Settings]) -> LoadedSettings:
    """A complete export, as the reference system writes it, beside its table."""
    config.write_bytes(EXPORT.read_bytes())
    return load(config, model)


def test_a_complete_export_loads_without_a_note(export: LoadedSettings) -> None:
    assert export.warnings == ()


def test_a_complete_export_names_every_setting_that_both_have(
    export: LoadedSettings, model: type[Settings], additions: set[str]
) -> None:
    assert export.given == {each.path for each in Schema.of(model)} - additions


def test_a_complete_export_differs_from_the_defaults_where_it_says_so(
    export: LoadedSettings, model: type[Settings]
) -> None:
    values = flatten(export.settings)
    changed = {
        each.path: values[each.path]
        for each in Schema.of(model)
        if not each.required and values[each.path] != each.default
    }
    assert changed == {
        "experiment_name": "macho-manatee",
        "problem_type": "text_metric_learning",
        "dataset.folds": ("0",),
        "architecture.backbone": "tiny-backbone",
        "architecture.embedding_size": 512,
        "environment.gpus": (),
    }


def test_columns_are_lists_however_they_are_written(export: LoadedSettings) -> None:
    dataset: Any = export.settings.dataset
    assert (dataset.label_columns, dataset.text_column) == (("label",), ("text",))


HABITS: list[tuple[str, str, Any]] = [
    ("dataset.folds", "[0, 1]", ("0", "1")),
    ("dataset.folds", "['0', b]", ("0", "b")),
    ("dataset.folds", "2", ("2",)),
    ("dataset.folds", "[]", ()),
    ("dataset.folds", "None", ()),
    ("dataset.data_sample", "1", 1.0),
    ("dataset.data_sample_choice", "Train", ("Train",)),
    ("dataset.test_dataframe", "None", None),
    ("dataset.label_columns", "[a, b]", ("a", "b")),
    ("dataset.label_columns", "1", ("1",)),
    ("dataset.text_column", "[text]", ("text",)),
    ("environment.gpus", "['0', '1']", ("0", "1")),
    ("environment.gpus", "[0]", ("0",)),
    ("environment.gpus", "0", ("0",)),
    ("environment.gpus", "[]", ()),
    ("environment.gpus", "None", None),
    ("logging.logger", "None", "None"),
    ("logging.logger", "null", "None"),
    ("training.warmup_epochs", "0", 0.0),
    ("training.learning_rate", "1e-4", 0.0001),
    ("training.learning_rate", "'1e-4'", 0.0001),
    ("training.arcface_scale", "45", 45.0),
]


@pytest.mark.parametrize(("setting", "written", "meant"), HABITS)
def test_a_habit_of_the_reference_system_is_understood(
    setting: str, written: str, meant: Any, read: Read
) -> None:
    section, _, name = setting.partition(".")
    given = {"train_dataframe": "rows.csv", "text_column": "text", "label_columns": "label"}
    sections = {"dataset": given}
    sections.setdefault(section, {})[name] = written
    lines = [
        f"{each}:\n" + "".join(f"  {key}: {value}\n" for key, value in part.items())
        for each, part in sections.items()
    ]
    value = flatten(read("".join(lines), head="").settings)[setting]
    assert value == meant
    assert type(value) is type(meant)


@pytest.mark.parametrize("written", ["problem_type: None", "augmentation: {}", "augmentation:"])
def test_an_empty_habit_of_the_reference_system_changes_nothing(written: str, read: Read) -> None:
    assert read(written).settings == read("").settings


def test_folds_may_be_called_selected_folds(read: Read) -> None:
    head = "dataset: {train_dataframe: rows.csv, text_column: t, label_columns: l, "
    loaded = read("", head=f"{head}selected_folds: ['1']}}\n")
    assert loaded.settings.dataset.folds == ("1",)
    assert "dataset.folds" in loaded.given


def test_a_number_is_never_taken_for_text_and_text_never_for_a_number(read: Read) -> None:
    head = "dataset: {train_dataframe: rows.csv, text_column: 007, label_columns: 1.0}\n"
    dataset: Any = read("", head=head).settings.dataset
    assert (dataset.text_column, dataset.label_columns) == (("007",), ("1.0",))


def test_both_names_of_one_setting_are_an_error(refusal: Refusal) -> None:
    first = "dataset: {train_dataframe: rows.csv, text_column: text, label_columns: label"
    said = refusal("", head=f"{first}, folds: [0], selected_folds: [1]}}\n")[1]
    assert said == (
        "FILE:1:91: dataset.folds and dataset.selected_folds are the same setting. Keep one"
    )


def test_a_mistake_is_placed_where_the_second_name_stands(refusal: Refusal) -> None:
    first = "dataset: {train_dataframe: rows.csv, text_column: text, label_columns: label"
    said = refusal("", head=f"{first}, selected_folds: {{}}}}\n")[1]
    assert said == "FILE:1:95: dataset.folds: must be a list of texts, not a section"


def test_only_an_empty_section_is_left_out(refusal: Refusal) -> None:
    assert refusal("augmentation: {mix: 1}")[1].startswith("FILE:2:1: augmentation: unknown")

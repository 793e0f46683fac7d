"""Tests of turning YAML into settings and back."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, write_status
from hydro.errors import SettingsError
from hydro.plugins.registry import Registry
from hydro.settings.fields import Section, section, setting
from hydro.settings.layers import Layers
from hydro.settings.loading import LoadedSettings, load
from hydro.settings.schema import Schema, flatten
from hydro.settings.sections import Settings
from hydro.settings.yaml_reader import read_yaml
from hydro.settings.yaml_writer import dump

Read = Callable[..., LoadedSettings]
Refusal = Callable[..., Sequence[str]]


def test_what_is_not_given_has_its_default(read: Read, model: type[Settings]) -> None:
    loaded = read("")
    defaults = {each.path: each.default for each in Schema.of(model) if not each.required}
    values = flatten(loaded.settings)
    assert {path: values[path] for path in defaults} == defaults
    assert loaded.given == {
        "dataset.train_dataframe", "dataset.text_column", "dataset.label_columns"
    }  # fmt: skip
    assert loaded.warnings == ()


def test_what_is_given_is_told_by_its_dotted_name(read: Read) -> None:
    loaded = read("experiment_name: one\ntraining: {epochs: 2}\nlogging:\n")
    assert loaded.given >= {"experiment_name", "training.epochs"}
    assert "training" not in loaded.given


@pytest.mark.parametrize("nothing", ["", "~", "null", "None", "'None'"])
def test_an_empty_setting_or_section_has_its_defaults(nothing: str, read: Read) -> None:
    loaded = read(f"experiment_name: {nothing}\ntraining: {nothing}\ntokenizer: {{max_length: }}\n")
    assert loaded.settings == read("").settings


def test_numbers_are_read_as_a_person_means_them(read: Read) -> None:
    text = "{learning_rate: 1e-4, epochs: 1e4, batch_size: 010, warmup_epochs: 0, weight_decay: .5}"
    training = read(f"training: {text}").settings.training
    assert (training.learning_rate, training.epochs, training.batch_size) == (1e-4, 1e4, 10)
    assert (training.warmup_epochs, training.weight_decay) == (0.0, 0.5)


def test_on_is_true_for_a_switch_and_a_word_elsewhere(read: Read) -> None:
    settings = read("experiment_name: on\ntraining: {save_best_checkpoint: on}").settings
    assert settings.experiment_name == "on"
    assert settings.training.save_best_checkpoint is True


def test_columns_keep_the_text_they_are_written_as(config: Path, model: type[Settings]) -> None:
    config.write_text(
        "dataset: {train_dataframe: rows.csv, text_column: 007, label_columns: [on, 1.0, 'None']}\n"
    )
    dataset: Any = load(config, model).settings.dataset
    assert dataset.text_column == ("007",)
    assert dataset.label_columns == ("on", "1.0", "None")


def test_paths_start_from_the_folder_of_the_file(
    config: Path, read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert read("").settings.dataset.train_dataframe == config.parent / "rows.csv"


def test_a_path_may_start_from_home(
    read: Read, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(config.parent))
    loaded = read("", "dataset.test_dataframe=~/rows.csv")
    assert loaded.settings.dataset.test_dataframe == config.parent / "rows.csv"


def test_a_home_of_nobody_is_a_missing_file(refusal: Refusal) -> None:
    assert refusal("", "dataset.test_dataframe=~nobody-here/rows.csv")[1].endswith("no such file")


def test_the_command_line_is_stronger_than_the_file(read: Read) -> None:
    text = "training: {epochs: 1, batch_size: 8}\nlogging:\n"
    overrides = "training.epochs=2 training.epochs=3 logging.number_of_texts=0 experiment_name=x"
    settings = read(text, *overrides.split(), "dataset.folds=[0, b]").settings
    assert (settings.training.epochs, settings.training.batch_size) == (3, 8)
    assert settings.logging.number_of_texts == 0
    assert settings.experiment_name == "x"
    assert settings.dataset.folds == ("0", "b")


def test_a_path_of_the_command_line_starts_from_the_working_folder(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "test.csv").touch()
    monkeypatch.chdir(here)
    loaded = read("", "dataset.test_dataframe=test.csv")
    assert loaded.settings.dataset.test_dataframe == here / "test.csv"


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("epochs=3", "training.epochs", 3),
        ("pool=Max", "architecture.pool", "Max"),
        ("selected_folds=2", "dataset.folds", ("2",)),
        ("arcface_margin=0.2", "training.arcface_margin", 0.2),
        ("tokenizer={max_length: 7}", "tokenizer.max_length", 7),
        ("experiment_name=epochs", "experiment_name", "epochs"),
    ],
)
def test_the_command_line_needs_no_section_where_one_has_the_setting(
    override: str, path: str, value: object, read: Read
) -> None:
    assert flatten(read("", override).settings)[path] == value


def test_a_path_without_its_section_starts_from_the_working_folder(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here/test.csv").touch()
    monkeypatch.chdir(tmp_path / "here")
    dataset = read("", "test_dataframe=test.csv").settings.dataset
    assert dataset.test_dataframe == tmp_path / "here/test.csv"


def test_a_name_that_two_sections_have_needs_one(config: Path) -> None:
    class One(Section):
        size: int = setting(1, help="One.")

    class Two(Settings):
        first: One = section()
        second: One = section()

    (config.parent / "rows.csv").touch()
    config.write_text(
        "dataset: {train_dataframe: rows.csv}\n"
        "prediction: {metric: m}\ntraining: {loss_function: l}\n",
        encoding="utf-8",
    )
    with pytest.raises(SettingsError, match=r"Did you mean 'first.size' or 'second.size'\?"):
        load(config, Two, ["size=2"])
    assert flatten(load(config, Two, ["second.size=2"]).settings)["second.size"] == 2


@pytest.mark.parametrize(
    "given",
    [
        "architecture: {backbone: models/tiny}",
        "architecture: {backbone: models/../models/tiny}",
        "grid_search: {backbone: [models/tiny]}",
        "grid_search: {architecture.backbone: [models/tiny]}",
        "from_experiment: earlier",
    ],
)
def test_a_backbone_is_looked_for_beside_the_file_and_stored_absolute(
    given: str, config: Path, model: type[Settings], read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny, elsewhere = config.parent / "models/tiny", config.parent / "elsewhere"
    earlier = config.parent / "earlier"
    for folder in (tiny, elsewhere, earlier / "own"):
        folder.mkdir(parents=True)
    (earlier / "config.yaml").write_text("architecture: {backbone: own}\n", encoding="utf-8")
    write_status(RunFolder(earlier), Status("finished"))
    monkeypatch.chdir(elsewhere)
    settings = read(f"{given}\n").settings
    config.write_text(dump(settings), encoding="utf-8")
    values = flatten(load(config, model).settings)
    searched = settings.grid_search.get("architecture.backbone", [values["architecture.backbone"]])
    expected = earlier / "own" if "earlier" in given else tiny
    assert [Path(str(each)).resolve() for each in searched] == [expected]
    assert all(Path(str(each)).is_absolute() for each in searched)


@pytest.mark.parametrize(
    "override", ["architecture.backbone=tiny", "grid_search={backbone: [tiny]}"]
)
def test_a_backbone_of_the_command_line_starts_from_the_working_folder(
    override: str, tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("tiny", "here/tiny"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    values = flatten(read("", override).settings)
    grid = {"architecture.backbone": [values["architecture.backbone"]], **values["grid_search"]}
    assert grid["architecture.backbone"] == [str(tmp_path / "here/tiny")]


def test_every_setting_that_names_a_file_or_a_folder_is_stored_absolute(
    config: Path, model: type[Settings], read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New settings of these kinds are covered by being declared."""
    kinds = [
        each
        for each in Schema.of(model)
        if each.kind.startswith("path") or each.metadata.folder_or_name
    ]
    assert len(kinds) == 4
    (config.parent / "given").mkdir()
    (config.parent / "elsewhere").mkdir()
    monkeypatch.chdir(config.parent / "elsewhere")
    read("")
    document = read_yaml(config)
    for each in kinds:
        values = {each.section: {each.name: "given"}}
        layers = Layers(replace(document, values=values), config.parent).resolve(Schema.of(model))
        assert layers.merge() == {each.section: {each.name: str(config.parent / "given")}}


def test_a_setting_by_its_other_name_is_overridden_too(read: Read) -> None:
    head = "dataset: {train_dataframe: rows.csv, text_column: t, label_columns: l, folds: [1]}\n"
    settings = read("", "dataset.selected_folds=2", head=head).settings
    assert settings.dataset.folds == ("2",)


def test_earlier_name_of_arcface_init_is_read_and_written_by_its_new_name(read: Read) -> None:
    for loaded in (
        read("training: {arcface_centres: Random}\n"),
        read("", "training.arcface_centres=Random"),
    ):
        assert flatten(loaded.settings)["training.arcface_init"] == "Random"
        assert "arcface_init: Random" in dump(loaded.settings)


WRONG = {
    "training.epochs": "--set training.epochs: write section.key=value, as in training.epochs=3",
    "=3": "--set =3: write section.key=value",
    "training.=3": "--set training.=3: write section.key=value",
    "a.b.c=3": "--set a.b.c=3: write section.key=value",
    "training.epochs=abc": "--set training.epochs=abc: training.epochs: must be a number",
    "training.epochs=[1": "--set training.epochs=[1:2:1: not valid YAML",
    "training.epochs=1\nother: 2": "--set training.epochs=1",
    "training.epoch=1": "--set training.epoch=1: training.epoch: unknown setting. Did you mean",
    "epoch=1": "--set epoch=1: epoch: unknown setting. Did you mean 'training.epochs'?",
    "epochs=-1": "--set epochs=-1: training.epochs: must be greater",
    "environment.gpus=[[]]": "--set environment.gpus=[[]]: environment.gpus: must be text",
    "experiment_name=../x": "--set experiment_name=../x: experiment_name: '../x' cannot be",
    "dataset.test_dataframe=gone.csv": "--set dataset.test_dataframe=gone.csv: dataset.test_data",
}


@pytest.mark.parametrize("override", WRONG)
def test_a_mistake_of_the_command_line_is_told_as_such(override: str, refusal: Refusal) -> None:
    text = "training: {epochs: 1}\nexperiment_name: fine\nenvironment: {gpus: []}\n"
    assert any(line.startswith(WRONG[override]) for line in refusal(text, override))


def test_the_command_line_does_not_mend_a_section_that_is_none(refusal: Refusal) -> None:
    said = refusal("training: 3\n", "training.epochs=1")[1]
    assert said == "FILE:2:11: training: holds settings of its own, not '3'"


def test_what_is_written_loads_back(read: Read, config: Path, model: type[Settings]) -> None:
    settings = read("training: {epochs: 1e-5}\nexperiment_name: '010'\n").settings
    config.write_text(dump(settings), encoding="utf-8")
    assert load(config, model).settings == settings


def test_what_is_written_leaves_out_settings_of_components_that_are_not_chosen(read: Read) -> None:
    assert "arcface_margin" in dump(read("").settings)
    assert "arcface" not in dump(read("training: {loss_function: CrossEntropy}").settings)


def test_what_is_written_loads_where_a_plugin_is_gone(
    registry: Registry, model: type[Settings], config: Path, read: Read
) -> None:
    read("")
    with_cosface = registry.schema(registry.problem("text_metric_learning"))
    settings = load(config, with_cosface).settings
    config.write_text(dump(settings), encoding="utf-8")
    assert dump(load(config, model).settings) == dump(settings)

"""Settings can start from those of an earlier experiment."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, write_status
from hydro.errors import SettingsError
from hydro.settings.loading import LoadedSettings

Read = Callable[..., LoadedSettings]


@pytest.fixture
def earlier(config: Path) -> Path:
    """An experiment beside the settings file."""
    folder = config.parent / "earlier"
    folder.mkdir()
    (folder / "config.yaml").write_text(
        "experiment_name: earlier\n"
        "dataset: {train_dataframe: /nowhere.csv, text_column: other}\n"
        "training: {batch_size: 5, epochs: 9}\n"
        "architecture: {pool: Max}\n",
        encoding="utf-8",
    )
    write_status(RunFolder(folder), Status("finished"))
    return folder


@pytest.mark.usefixtures("earlier")
def test_what_the_file_sets_wins_and_the_rest_is_taken_over(read: Read) -> None:
    settings: Any = read("from_experiment: earlier\ntraining: {epochs: 2}\n").settings
    assert (settings.training.epochs, settings.training.batch_size) == (2, 5)
    assert settings.dataset.text_column == ("text",)
    assert settings.architecture.pool == "Max"
    assert settings.experiment_name is None


def test_a_name_is_looked_for_where_experiments_are_made(
    read: Read, earlier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "made"
    made.mkdir()
    earlier.rename(made / "before")
    monkeypatch.setenv("HYDRO_OUTPUT", str(made))
    assert read("from_experiment: before\n").settings.training.batch_size == 5


@pytest.mark.usefixtures("earlier")
def test_a_folder_of_the_command_line_starts_from_the_working_folder(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here/earlier"
    here.mkdir(parents=True)
    (here / "config.yaml").write_text("training: {batch_size: 6}\n", encoding="utf-8")
    write_status(RunFolder(here), Status("finished"))
    monkeypatch.chdir(here.parent)
    assert read("", "from_experiment=earlier").settings.training.batch_size == 6
    assert read("from_experiment: earlier\n").settings.training.batch_size == 5


def test_a_table_of_an_earlier_experiment_starts_from_its_folder(read: Read, earlier: Path) -> None:
    (earlier / "test.csv").touch()
    (earlier / "config.yaml").write_text("dataset: {test_dataframe: test.csv}\n", encoding="utf-8")
    assert (
        read("from_experiment: earlier\n").settings.dataset.test_dataframe == earlier / "test.csv"
    )


@pytest.mark.parametrize("name", ["gone", "x" * 300, "[a]", "~nobody"])
def test_an_experiment_that_is_not_there_is_said_with_its_place(name: str, read: Read) -> None:
    with pytest.raises(SettingsError, match=r"cfg.yml:2:18: from_experiment: no experiment in"):
        read(f"from_experiment: {name}\n")


@pytest.mark.usefixtures("earlier")
def test_a_setting_that_was_taken_over_is_checked_too(
    config: Path, refusal: Callable[..., Sequence[str]]
) -> None:
    (config.parent / "earlier/config.yaml").write_text("training: {epochs: -1}\n")
    said = refusal("from_experiment: earlier\n")
    assert said[1].startswith("FILE: training.epochs: must be greater than or equal to 0")


@pytest.mark.usefixtures("earlier")
def test_an_experiment_may_be_named_on_the_command_line(read: Read, config: Path) -> None:
    assert read("", "from_experiment=earlier").settings.training.batch_size == 5
    with pytest.raises(
        SettingsError, match="--set from_experiment=gone: from_experiment: no experiment in"
    ):
        read("", "from_experiment=gone")


def test_a_search_takes_the_place_of_an_earlier_one(read: Read, earlier: Path) -> None:
    stored = earlier / "config.yaml"
    stored.write_text("grid_search: {training.learning_rate: [1, 2]}\n", encoding="utf-8")
    own = "from_experiment: earlier\ngrid_search: {learning_rate: [3]}\n"
    assert read(own).settings.grid_search == {"training.learning_rate": [3.0]}
    assert read("from_experiment: earlier\n").settings.grid_search != {}
    assert read("from_experiment: earlier\ngrid_search: {}\n").settings.grid_search == {}


def test_an_alias_of_the_file_wins_over_the_earlier_name(read: Read, earlier: Path) -> None:
    (earlier / "config.yaml").write_text("dataset: {folds: ['0']}\n", encoding="utf-8")
    head = "dataset: {train_dataframe: rows.csv, text_column: a, label_columns: b, "
    loaded = read("from_experiment: earlier\n", head=f"{head}selected_folds: [3]}}\n")
    assert loaded.settings.dataset.folds == ("3",)


@pytest.mark.usefixtures("earlier")
def test_nothing_on_the_command_line_starts_from_nothing(read: Read) -> None:
    settings = read("from_experiment: earlier\n", "from_experiment=null").settings
    assert settings.training.batch_size != 5

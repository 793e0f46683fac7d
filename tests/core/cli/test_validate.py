"""Tests of ``hydro validate``, and of how every command finds its settings."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hydro.cli.options import find_problem
from hydro.errors import SettingsError
from hydro.plugins.registry import Registry
from hydro.settings.loading import read
from hydro.testing import tiny_backbone

Cli = Callable[..., tuple[int, str, str]]


def change(config: Path, old: str, new: str) -> None:
    """Change a settings file."""
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(text.replace(old, new), encoding="utf-8")


def test_good_settings_and_data_are_counted(config: Path, hydro: Cli) -> None:
    code, out, err = hydro("validate", str(config))
    assert (code, err) == (0, "")
    estimated = out.splitlines().pop(2)
    assert estimated.startswith("estimate      about ")
    assert [line for line in out.splitlines() if line != estimated] == [
        "settings  ok  6 given, the others have their defaults",
        "data      ok  24 training rows, 6 validation rows, 3 training classes, fold 0 held out",
        f"ready         hydro run --problem text_metric_learning {config}",
    ]


def test_nothing_is_written(config: Path, hydro: Cli) -> None:
    before = sorted(config.parent.iterdir())
    hydro("validate", str(config))
    assert sorted(config.parent.iterdir()) == before


def test_the_counts_are_given_for_programs(config: Path, hydro: Cli) -> None:
    code, out, _ = hydro("validate", str(config), "--json")
    facts = json.loads(out)
    assert code == 0
    assert (facts["training_rows"], facts["training_classes"], facts["warnings"]) == (24, 3, [])


def test_what_does_not_apply_is_a_note(config: Path, hydro: Cli) -> None:
    code, _, err = hydro("validate", str(config), "--set", "dataset.validation_size=0.3")
    assert code == 0
    assert err.startswith("note: dataset.validation_size does not apply here")


def test_mixed_precision_that_was_asked_for_on_a_cpu_is_a_warning(config: Path, hydro: Cli) -> None:
    name = "environment.mixed_precision_training"
    _, _, err = hydro("validate", str(config), "--set", f"{name}=true")
    assert err == f"warning: {name} does nothing on CPUs, which compute in float32\n"
    assert hydro("validate", str(config))[2] == ""


def test_a_backbone_that_was_trained_before_brings_its_settings(
    config: Path, hydro: Cli, tmp_path: Path
) -> None:
    folder = tiny_backbone(tmp_path / "tiny")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling/config.json").write_text('{"pooling_mode": "max"}')
    kinds = ("Transformer", ""), ("Pooling", "1_Pooling")
    modules = [{"type": f"models.{kind}", "path": path} for kind, path in kinds]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 20}')
    grid = ("--set", "grid_search={learning_rate: [1e-4, 1e-3]}")
    change(config, "dataset:", "architecture: {backbone: tiny}\ndataset:")
    code, out, err = hydro("run", str(config), "--dry-run", "--json", *grid)
    assert code == 0
    settings = json.loads(out)
    assert (settings["architecture"]["pool"], settings["tokenizer"]["max_length"]) == ("Max", 20)
    assert settings["architecture"]["backbone"] == str(folder)
    assert settings["grid_search"] == {"training.learning_rate": [1e-4, 1e-3]}
    assert f"note: {folder} is a trained model, from which are taken architecture.pool: Max" in err


def test_doubts_about_the_data_are_warnings(config: Path, hydro: Cli) -> None:
    table = config.parent / "rows.csv"
    table.write_text(table.read_text() + "lost,\n", encoding="utf-8")
    code, out, err = hydro("validate", str(config))
    assert code == 0
    assert err.startswith("warning: ")
    assert "24 training rows" in out


def test_wrong_settings_end_with_3_and_their_place(config: Path, hydro: Cli) -> None:
    change(config, "  text_column", "  txt_column")
    code, out, err = hydro("validate", str(config))
    assert (code, out) == (3, "")
    assert err.startswith(f"hydro: {config}: 2 problems with the settings\n")
    assert f"{config}:4:3: dataset.txt_column: unknown setting. Did you mean 'text_column'?" in err
    assert "Traceback" not in err


def test_a_wrong_table_ends_with_4(config: Path, hydro: Cli) -> None:
    change(config, "text_column: text", "text_column: txt")
    code, out, err = hydro("validate", str(config))
    assert (code, out) == (4, "")
    assert "txt" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("name", ["gone.yml", "."])
def test_a_settings_file_that_is_not_there_ends_with_3(name: str, hydro: Cli) -> None:
    code, _, err = hydro("validate", name)
    assert code == 3
    assert err.startswith(f"hydro: {name}: cannot be read: ")


def test_the_problem_type_may_come_from_the_command_line(config: Path, registry: Registry) -> None:
    change(config, "problem_type: text_metric_learning\n", "")
    with pytest.raises(SettingsError, match=r"cfg\.yml: no problem type\. Add --problem NAME"):
        find_problem(None, read(config), registry)
    assert find_problem("linear_regression", read(config), registry).name == "linear_regression"


def test_the_only_problem_type_need_not_be_named(
    config: Path, hydro: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(config, "problem_type: text_metric_learning\n", "")
    code, out, _ = hydro("validate", str(config))
    assert (code, out.splitlines()[0][:19]) == (0, "settings  ok  5 giv")
    monkeypatch.setenv("HYDRO_DISABLED_PLUGINS", "text_metric_learning")
    code, _, err = hydro("validate", str(config))
    assert code == 3
    assert err.startswith(f"hydro: {config}: no problem type. Add --problem NAME")


@pytest.mark.parametrize("nothing", ["None", "'None'", ""])
def test_a_problem_type_of_none_is_none(nothing: str, config: Path, registry: Registry) -> None:
    change(config, "problem_type: text_metric_learning", f"problem_type: {nothing}")
    with pytest.raises(SettingsError, match=r"no problem type\. Add --problem NAME"):
        find_problem(None, read(config), registry)


def test_file_and_command_line_may_not_contradict(config: Path, hydro: Cli) -> None:
    code, _, err = hydro("validate", str(config), "--problem", "linear_regression")
    assert code == 3
    assert err == (
        f"hydro: {config}:1:15: problem_type is 'text_metric_learning', "
        "but --problem says 'linear_regression'. Change one\n"
    )


def test_an_unknown_problem_type_is_told_with_its_place(config: Path, hydro: Cli) -> None:
    change(config, "text_metric_learning", "text_metric_lerning")
    code, _, err = hydro("validate", str(config))
    assert code == 3
    assert err.startswith(
        f"hydro: {config}:1:15: problem_type: unknown problem type 'text_metric_ler"
    )


def test_a_list_is_no_problem_type(config: Path, hydro: Cli) -> None:
    change(config, "text_metric_learning", "[a]")
    assert hydro("validate", str(config))[0] == 3


def test_every_mistake_of_the_command_line_is_told(config: Path, hydro: Cli) -> None:
    wrong = ("--set", "training.epochs=-1", "--set", "training.lr=1")
    code, _, err = hydro("validate", str(config), *wrong)
    assert code == 3
    assert err.splitlines() == [
        f"hydro: {config}: 2 problems with the settings",
        "--set training.epochs=-1: training.epochs: must be greater than or equal to 0, not '-1'",
        "--set training.lr=1: training.lr: unknown setting. Did you mean 'learning_rate'?",
    ]


@pytest.mark.parametrize("command", ["validate", "run"])
def test_held_out_rows_without_a_pair_are_refused_before_anything_is_trained(
    command: str, config: Path, hydro: Cli, tmp_path: Path
) -> None:
    """``run`` ended with 8 after all of its work."""
    (tmp_path / "held_out.csv").write_text("text,label\nfirst,card\nsecond,pin\n", encoding="utf-8")
    change(
        config,
        "dataset:",
        "dataset:\n  validation_strategy: custom\n  validation_dataframe: held_out.csv",
    )
    files = sorted(config.parent.rglob("*"))
    code, out, err = hydro(command, str(config))
    assert (code, out) == (4, "")
    assert "no two of the 2 rows held out for validation are of one class" in err
    assert sorted(config.parent.rglob("*")) == files

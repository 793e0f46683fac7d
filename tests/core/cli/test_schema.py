"""Tests of ``hydro schema``."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from hydro.cli.options import read_request

Cli = Callable[..., tuple[int, str, str]]


def test_the_table_has_every_setting(hydro: Cli) -> None:
    code, out, err = hydro("schema", "text_metric_learning")
    assert (code, err) == (0, "")
    assert out.startswith("setting ")
    for name in ("train_dataframe", "arcface_margin", "padding_quantile", "number_of_texts"):
        assert f"\n  {name} " in out


def test_a_level_leaves_out_what_is_for_those_who_know_more(hydro: Cli) -> None:
    _, novice, _ = hydro("schema", "text_metric_learning", "--level", "novice")
    assert "  learning_rate " in novice
    assert "  arcface_margin " not in novice


def test_the_template_is_a_settings_file(hydro: Cli) -> None:
    code, out, _ = hydro("schema", "text_metric_learning", "--format", "yaml", "--level", "novice")
    assert code == 0
    assert yaml.safe_load(out) == {
        "problem_type": "text_metric_learning",
        "dataset": {
            "train_dataframe": "train.csv",
            "label_columns": "label",
            "text_column": "text",
        },
    }


@pytest.mark.parametrize("level", ["novice", "master"])
def test_the_template_validates_as_it_is_printed(level: str, config: Path, hydro: Cli) -> None:
    _, out, _ = hydro("schema", "text_metric_learning", "--format", "yaml", "--level", level)
    config.write_text(out, encoding="utf-8")
    (config.parent / "rows.csv").rename(config.parent / "train.csv")
    request = read_request(config, None, ())
    assert (request.problem.name, len(request.loaded.given)) == ("text_metric_learning", 4)


def test_the_json_is_a_schema_with_everything(hydro: Cli) -> None:
    code, out, _ = hydro("schema", "text_metric_learning", "--format", "json")
    assert code == 0
    section = json.loads(out)["$defs"]["BackboneTokenizerSection"]
    assert section["properties"]["padding_quantile"]["x-hydro"]["level"] == "master"


def test_an_unknown_problem_type_lists_what_there_is(hydro: Cli) -> None:
    code, out, err = hydro("schema", "text_metric_lerning")
    assert (code, out) == (3, "")
    assert err.startswith("hydro: unknown problem type 'text_metric_lerning'. Available: ")
    assert err.endswith("Did you mean 'text_metric_learning'?\n")


@pytest.mark.parametrize("wrong", ["--format=toml", "--level=guru", "--leve=novice"])
def test_a_wrong_option_is_wrong_usage(wrong: str, hydro: Cli) -> None:
    code, out, err = hydro("schema", "text_metric_learning", wrong)
    assert (code, out) == (2, "")
    assert "Usage: hydro schema" in err


def test_without_a_problem_type_there_is_nothing_to_show(
    hydro: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDRO_DISABLED_PLUGINS", "text_metric_learning")
    code, _, err = hydro("schema")
    assert (code, err) == (3, "hydro: hydro schema PROBLEM: available: none\n")

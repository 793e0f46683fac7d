"""Tests of a schema as a table, as a YAML file to start from and as a JSON Schema."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hydro.cli.console import plain_console
from hydro.plugins.registry import Registry
from hydro.settings.export import json_schema, sentence, table, template
from hydro.settings.fields import LEVELS
from hydro.settings.schema import Schema
from hydro.settings.sections import Settings

REQUIRED = {"train_dataframe": "rows.csv", "text_column": "text", "label_columns": "label"}


@pytest.fixture(scope="module")
def schema(model: type[Settings]) -> dict[str, Any]:
    """The JSON Schema of text metric learning."""
    loaded: dict[str, Any] = json.loads(json_schema(model, "master"))
    return loaded


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)


def setting(schema: dict[str, Any], path: str) -> Any:
    """Find what a JSON Schema says of a setting."""
    section, _, name = path.rpartition(".")
    if not section:
        return schema["properties"][name]
    target = schema["properties"][section]["$ref"].rpartition("/")[2]
    return schema["$defs"][target]["properties"][name]


def test_the_schema_is_a_json_schema(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"folds": [0]},
        {"folds": ["0", 1]},
        {"folds": 0},
        {"label_columns": ["a", "b"]},
        {"label_columns": "a"},
        {"text_column": ["a"]},
        {"validation_dataframe": None},
        {"validation_dataframe": "None"},
        {"data_sample": 1},
    ],
)
def test_the_schema_accepts_what_loads(given: dict[str, Any], schema: dict[str, Any]) -> None:
    Draft202012Validator(schema).validate({"dataset": {**REQUIRED, **given}})


@pytest.mark.parametrize(
    ("section", "given"),
    [
        ("environment", {"gpus": []}),
        ("environment", {"gpus": [0]}),
        ("environment", {"gpus": ["0"]}),
        ("environment", {"gpus": None}),
        ("logging", {"logger": "None"}),
        ("training", {"learning_rate": 1e-4, "epochs": 0, "arcface_scale": 45}),
        ("architecture", {"embedding_size": None}),
        ("architecture", {"pool": "[CLS] token"}),
    ],
)
def test_the_schema_accepts_a_section_that_loads(
    section: str, given: dict[str, Any], schema: dict[str, Any]
) -> None:
    Draft202012Validator(schema).validate({"dataset": REQUIRED, section: given})


@pytest.mark.parametrize(
    "given",
    [
        {"training": {"epoch": 1}},
        {"training": {"epochs": -1}},
        {"training": {"learning_rate": 0}},
        {"training": {"loss_function": "ArcFce"}},
        {"tokenizer": {"max_length": 1.5}},
        {"dataset": {"train_dataframe": "rows.csv"}},
        {"trainig": {}},
        {"environment": {"gpus": {}}},
    ],
)
def test_the_schema_refuses_what_does_not_load(
    given: dict[str, Any], schema: dict[str, Any]
) -> None:
    assert not Draft202012Validator(schema).is_valid({"dataset": REQUIRED, **given})


@pytest.mark.parametrize(
    "given",
    [
        {"learning_rate": [1e-4, 1e-3], "training.epochs": [1]},
        {"pool": ["Max"], "loss_function": ["ArcFace", "CrossEntropy"], "arcface_margin": [0.2]},
        {"embedding_size": [None, 8]},
    ],
)
def test_the_schema_accepts_what_is_searched_over(
    given: dict[str, Any], schema: dict[str, Any]
) -> None:
    Draft202012Validator(schema).validate({"dataset": REQUIRED, "grid_search": given})


@pytest.mark.parametrize(
    "given",
    [
        {"learning_rte": [1]},
        {"seed": [1]},
        {"environment.seed": [1]},
        {"learning_rate": [0]},
        {"learning_rate": []},
        {"learning_rate": 1e-4},
        {"pool": ["Avg"]},
    ],
)
def test_the_schema_refuses_what_cannot_be_searched_over(
    given: dict[str, Any], schema: dict[str, Any]
) -> None:
    assert not Draft202012Validator(schema).is_valid({"dataset": REQUIRED, "grid_search": given})


def test_the_schema_completes_every_setting_that_can_be_searched_over(
    schema: dict[str, Any], model: type[Settings]
) -> None:
    lists = schema["properties"]["grid_search"]["properties"]
    searchable = [each for each in Schema.of(model) if each.metadata.grid]
    assert set(lists) == {key for each in searchable for key in (each.name, each.path)}


def test_the_schema_has_the_other_names_of_settings(
    schema: dict[str, Any], model: type[Settings]
) -> None:
    aliases = [each for each in Schema.of(model) if each.metadata.alias]
    assert len(aliases) >= 2
    for each in aliases:
        alias = setting(schema, f"{each.section}.{each.metadata.alias}")
        assert each.name in alias["description"]
        assert "default" not in alias
    given = {
        "dataset": {**REQUIRED, "selected_folds": [0]},
        "training": {"arcface_centres": "Random"},
    }
    Draft202012Validator(schema).validate(given)
    given["training"] = {"arcface_centres": "Randm"}
    assert not Draft202012Validator(schema).is_valid(given)


def test_the_schema_tells_every_setting_with_its_facts(
    schema: dict[str, Any], model: type[Settings]
) -> None:
    for each in Schema.of(model):
        told = setting(schema, each.path)
        assert told["description"] == " ".join([each.help, *each.rules])
        assert told["x-hydro"]["level"] == each.metadata.level
        assert told["x-hydro"]["grid"] is each.metadata.grid


def test_the_schema_tells_rules_as_data(schema: dict[str, Any]) -> None:
    margin = setting(schema, "training.arcface_margin")["x-hydro"]
    assert margin["when"] == {"setting": "training.loss_function", "is": ["ArcFace"]}
    folds = setting(schema, "training.evaluation_epochs")["x-hydro"]
    assert folds["clashes"] == {"setting": "training.save_best_checkpoint", "is": [True]}
    sampled = setting(schema, "dataset.data_sample_choice")["x-hydro"]
    assert sampled["when"] == {"setting": "dataset.data_sample", "not": [1.0]}


def test_the_schema_repeats_no_names_as_titles(schema: dict[str, Any]) -> None:
    def keys(part: Any) -> Iterator[str]:
        for name, each in part.items() if isinstance(part, dict) else ():
            yield name
            yield from keys(each)

    assert "title" not in set(keys(schema))


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_filters_what_is_shown(
    level: Any, model: type[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = {each.path for each in Schema.of(model) if each.shown_at(level)}
    plain_console().print(table(model, level))
    rows = [line for line in capsys.readouterr().out.splitlines() if line[:2] == "  "]
    assert len([row for row in rows if row[2] != " "]) == len(shown)
    text = template(model, level, "text_metric_learning")
    narrowed = json.loads(json_schema(model, level))
    for each in Schema.of(model):
        assert bool(re.search(rf"^[# ]*{each.name}: ", text, re.M)) is (each.path in shown)
        if each.path in shown:
            assert setting(narrowed, each.path)
        else:
            with pytest.raises(KeyError):
                setting(narrowed, each.path)


def test_the_table_says_defaults_and_what_is_needed(
    model: type[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    plain_console().print(table(model, "novice"))
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split()[:4] == ["train_dataframe", "must", "be", "given"] for line in lines)
    assert any(line.split()[:2] == ["epochs", "5"] for line in lines)
    assert max(map(len, lines)) <= 120


def test_the_template_shows_what_must_be_given_and_comments_out_the_rest(
    registry: Registry,
) -> None:
    schema = registry.schema(registry.problem("linear_regression"))
    text = template(schema, "novice", "linear_regression")
    lines = [line for line in text.splitlines() if line and not line.startswith(("#", "  #"))]
    assert lines == [
        "problem_type: linear_regression",
        "dataset:",
        "  train_dataframe: train.csv",
        "  text_column: text",
        "  label_columns: label",
    ]
    assert "# training:\n" in text
    assert "#   epochs: 5\n" in text


def test_a_sentence_has_help_values_rules_and_grid(model: type[Settings]) -> None:
    described = {each.path: each for each in Schema.of(model)}
    assert sentence(described["training.arcface_scale"]) == (
        "Scale of the cosines. Number > 0. Only while training.loss_function is ArcFace. "
        "Grid search."
    )
    assert re.fullmatch(
        r"Loss function\. One of ArcFace, CrossEntropy(, \w+)*\. Grid search\.",
        sentence(described["training.loss_function"]),
    )
    assert sentence(described["training.differential_learning_rate_layers"]) == (
        "Parameter groups trained at `differential_learning_rate`. Any of Backbone, Neck, Loss."
    )

"""Tests of what holds for any settings and any text, and not for chosen examples only."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as options
from hypothesis import strategies as st

from hydro.errors import SettingsError
from hydro.plugins.registry import Registry
from hydro.settings.export import template
from hydro.settings.fields import LEVELS, Level
from hydro.settings.layers import Layers
from hydro.settings.loading import LoadedSettings, check, load
from hydro.settings.schema import Schema
from hydro.settings.sections import Settings
from hydro.settings.yaml_reader import parse_yaml
from hydro.settings.yaml_writer import dump


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("problem", ["text_metric_learning", "linear_regression"])
def test_a_template_loads_to_the_defaults(
    problem: str, level: Level, registry: Registry, tmp_path: Path
) -> None:
    schema = registry.schema(registry.problem(problem))
    (tmp_path / "train.csv").touch()
    config = tmp_path / "cfg.yml"
    text = template(schema, level, problem)
    config.write_text(text, encoding="utf-8")
    loaded = load(config, schema)
    required = {each.path for each in Schema.of(schema) if each.required}
    assert loaded.given == required | {"problem_type"}
    given_only: Any = parse_yaml(text, "FILE").values
    given_only["dataset"]["train_dataframe"] = str(tmp_path / "train.csv")
    assert loaded.settings == schema.model_validate(given_only)


@pytest.mark.parametrize("level", LEVELS)
def test_a_template_loads_to_the_defaults_with_every_comment_taken_off(
    level: Level, model: type[Settings], tmp_path: Path
) -> None:
    (tmp_path / "train.csv").touch()
    config = tmp_path / "cfg.yml"
    text = template(model, level, "text_metric_learning")
    config.write_text(text, encoding="utf-8")
    defaults = load(config, model).settings
    wanted = {f"{each.name}:" for each in Schema.of(model)}
    wanted |= {f"{each.section}:" for each in Schema.of(model)}
    lines = [line.removeprefix("# ") for line in text.splitlines()]
    kept = [line for line in lines if line.strip().split(" ")[0] in wanted]
    config.write_text("\n".join(kept), encoding="utf-8")
    loaded = load(config, model)
    assert loaded.settings == defaults
    assert loaded.given == {each.path for each in Schema.of(model) if each.shown_at(level)}
    assert loaded.warnings == ()


def values_of(model: type[Settings]) -> st.SearchStrategy[dict[str, Any]]:
    """Give settings files as Python values, every setting present or not."""
    numbers = {"number": st.floats(0.01, 0.9), "whole number": st.integers(1, 99)}
    texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
    sections: dict[str, dict[str, st.SearchStrategy[Any]]] = {}
    for each in Schema.of(model):
        kind = each.kind.removesuffix(" or nothing")
        other = each.metadata.owner not in (None, "ArcFace")
        if each.metadata.conflicts_with or each.name in EXACT or kind == "path" or other:
            continue
        value: st.SearchStrategy[Any] = numbers.get(kind, texts.filter(lambda text: text != "None"))
        if each.choices:
            value = st.sampled_from(each.choices)
        if kind == "true or false":
            value = st.booleans()
        if kind.startswith("list"):
            value = st.lists(value if each.choices else texts, min_size=1, max_size=3)
        if kind.startswith("map"):
            value = st.fixed_dictionaries({}, optional=SEARCHED)
        sections.setdefault(each.section, {})[each.name] = value
    return st.fixed_dictionaries(
        {name: st.fixed_dictionaries({}, optional=part) for name, part in sections.items()}
    )


SEARCHED = {
    "training.epochs": st.lists(st.floats(0, 9), min_size=1, max_size=3, unique=True),
    "architecture.pool": st.sampled_from([["[CLS] token"], ["Max"], ["Max", "Average"]]),
}
EXACT = ("experiment_name", "from_experiment", "validation_strategy")
"""Settings that a file, a rule or the command line says more about than their type."""


def test_writing_and_loading_is_identity(model: type[Settings], config: Path) -> None:
    table = config.parent / "rows.csv"
    table.touch()

    @given(values=values_of(model))
    @options(max_examples=100, deadline=None, database=None)
    def holds(values: dict[str, Any]) -> None:
        top = values.pop("")
        required = {"train_dataframe": table, "text_column": ["t"], "label_columns": ["l"]}
        values["dataset"] = required | values["dataset"]
        settings = model.model_validate(top | values)
        config.write_text(dump(settings), encoding="utf-8")
        loaded = load(config, model).settings
        assert dump(loaded) == dump(settings)
        if values["training"].get("loss_function", "ArcFace") == "ArcFace":
            assert loaded == settings

    holds()


COMPLETE = "dataset: {train_dataframe: test_laws.py, text_column: text, label_columns: label}\n"
KEYS = ["training", "epochs", "dataset", "grid_search", "gpus", "folds", "experiment_name", "a"]
SIGNS = "1 on ~ None - [ ] { } ' \" &a *a !!x | > # % @ ` ? : --- ... é".split()
SCALARS = st.sampled_from(
    [*SIGNS, "", ": ", "- ", "\t", "\u2028", "\ufeff", "\0", "\x85", "\udcff"]
)
LINES = st.builds(
    lambda indent, key, colon, values: f"{' ' * indent}{key}{colon}{' '.join(values)}",
    st.integers(0, 4),
    st.one_of(st.sampled_from(KEYS), SCALARS),
    st.sampled_from([": ", ":", " ", ""]),
    st.lists(st.one_of(SCALARS, st.sampled_from(KEYS)), max_size=4),
)


@given(
    head=st.sampled_from(["", COMPLETE]),
    text=st.one_of(st.lists(LINES, max_size=8).map("\n".join), st.text(max_size=80)),
)
@options(max_examples=200, deadline=None, database=None)
def test_any_text_is_either_settings_or_an_error_of_settings(
    head: str, text: str, model: type[Settings]
) -> None:
    try:
        loaded = check(Layers(parse_yaml(head + text, "FILE"), Path(__file__).parent), model)
    except SettingsError as error:
        assert str(error).startswith("FILE")
    else:
        assert isinstance(loaded, LoadedSettings)

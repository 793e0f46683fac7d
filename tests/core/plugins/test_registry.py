"""Tests of what is installed: problem types, and the components that fit each."""

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from pydantic import ValidationError

from hydro.errors import PluginError, SettingsError
from hydro.plugins.components import Loss
from hydro.plugins.hookspecs import GROUP
from hydro.plugins.loading import Plugin, load_plugins
from hydro.plugins.registry import Registry

TEXTS = {"train_dataframe": "rows.csv", "text_column": "text", "label_columns": "label"}


def test_problem_types_are_listed_by_name(registry: Registry) -> None:
    names = [each.name for each in registry.problems]
    assert names == [
        "linear_regression",
        "text_classifier",
        "text_metric_learning",
        "text_regression",
    ]
    assert registry.problem("linear_regression").title == "Linear regression"


def test_an_unknown_problem_type_lists_what_there_is(registry: Registry) -> None:
    with pytest.raises(SettingsError) as caught:
        registry.problem("text_metric_lerning")
    assert str(caught.value) == (
        "unknown problem type 'text_metric_lerning'. Available: linear_regression, "
        "text_classifier, text_metric_learning, text_regression. Did you mean "
        "'text_metric_learning'?"
    )
    with pytest.raises(SettingsError, match=r"unknown problem type 'x'\. Available: none"):
        Registry(()).problem("x")


def test_components_are_those_that_fit_the_problem(registry: Registry) -> None:
    def names(kind: str, problem: str) -> list[str]:
        return [each.name for each in registry.components(kind, problem)]

    assert names("loss", "linear_regression") == ["MSE", "MAE"]
    assert names("loss", "text_metric_learning")[:3] == ["CosFace", "ArcFace", "CrossEntropy"]
    assert names("schedule", "linear_regression") == ["Cosine", "Constant", "Linear"]
    assert names("exporter", "linear_regression") == ["json"]
    assert names("metric", "no such problem") == []


def test_the_component_that_the_settings_select_is_picked(registry: Registry) -> None:
    schema = registry.schema(registry.problem("text_metric_learning"))
    given = {"dataset": TEXTS, "training": {"loss_function": "CosFace"}}
    settings = schema.model_validate(given)
    picked = registry.pick("loss", "text_metric_learning", settings)
    assert (picked.name, type(picked)) == ("CosFace", Loss)


def test_the_only_component_is_picked_where_no_setting_selects(registry: Registry) -> None:
    schema = registry.schema(registry.problem("linear_regression"))
    dataset = {"train_dataframe": "rows.csv", "text_column": "text", "label_columns": "words"}
    settings = schema.model_validate({"dataset": dataset})
    assert registry.pick("model", "linear_regression", settings).name == "Linear"
    with pytest.raises(PluginError, match=r"needs exactly one insight .* found: none"):
        registry.pick("insight", "linear_regression", settings)


def test_an_unknown_component_lists_what_there_is(registry: Registry) -> None:
    schema = registry.schema(registry.problem("text_metric_learning"))
    given = {"dataset": TEXTS, "training": {"loss_function": "ArcFce"}}
    with pytest.raises(ValidationError, match="should be 'CosFace', 'ArcFace', 'CrossEntropy', "):
        schema.model_validate(given)


def test_failures_are_told_and_the_rest_works(registry: Registry) -> None:
    broken = Plugin("broken", "broken", "hydro-broken 1", failure="plugin 'broken' does not load")
    with_it = Registry((*registry.plugins, broken))
    assert with_it.failures == ("plugin 'broken' does not load",)
    assert with_it.problems == registry.problems
    assert registry.failures == ()


@pytest.fixture
def angles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Write a plugin whose loss has the setting ``angle``."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name: str) -> None:
        (tmp_path / f"angle_{name}.py").write_text(
            "from hydro.api import Loss, Section, hookimpl, setting\n"
            "class Own(Section):\n"
            "    angle: float = setting(0.1, help='How wide.')\n"
            "@hookimpl\n"
            f"def hydro_losses(): return [Loss('{name.title()}', print, settings=Own)]\n"
        )

    return write


def test_two_plugins_that_claim_one_setting_are_both_named(
    angles: Callable[[str], None],
) -> None:
    points = [EntryPoint("linear_regression", "hydro_linear_regression", GROUP)]
    for name in ("one", "two"):
        angles(name)
        points.append(EntryPoint(name, f"angle_{name}", GROUP))
    found = Registry(tuple(load_plugins(points)))
    assert not found.failures
    said = r"'Two' \(angle_two\) claims .* 'training\.angle', which 'One' \(angle_one\) has already"
    with pytest.raises(PluginError, match=said):
        found.schema(found.problem("linear_regression"))


def test_what_is_installed_holds_text_metric_learning() -> None:
    assert Registry.installed().problem("text_metric_learning").title == "Text metric learning"

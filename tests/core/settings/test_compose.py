"""Tests of putting a schema together from a problem type and the components that fit it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from hydro.errors import PluginError
from hydro.plugins.components import Loss, Optimizer, Schedule
from hydro.plugins.registry import Registry
from hydro.settings.compose import SettingsOwner, compose
from hydro.settings.fields import Section, SettingMetadata, section, setting
from hydro.settings.layers import Layers, parse_override
from hydro.settings.loading import check
from hydro.settings.schema import Schema, flatten
from hydro.settings.sections import DatasetSection, Settings
from hydro.settings.yaml_reader import Document


class AngleSettings(Section):
    """The settings of one loss."""

    angle: float = setting(0.1, help="How wide.", ge=0, grid=True)


class RenamedAngleSettings(Section):
    """The settings of a loss whose key had another name in earlier versions."""

    angle: float = setting(0.1, help="How wide.", grid=True, alias="corner")


class OtherAngleSettings(Section):
    """The settings of another loss, which claims the same key."""

    angle: float = setting(0.2, help="How wide.")


class RateSettings(Section):
    """The settings of a loss that claims a key of the training section."""

    learning_rate: float = setting(0.2, help="How fast.")


class TableSection(DatasetSection):
    """One more setting of a shared section."""

    column: str = setting(help="Which column.")


class TableSettings(Settings):
    """The settings of a problem type."""

    dataset: TableSection = section()


def nothing(*given: Any, **built: Any) -> None:
    """Build nothing."""


@dataclass(frozen=True)
class Shelf:
    """A registry of some losses, and one of each other kind that must be chosen."""

    losses: tuple[Loss, ...] = (
        Loss("Flat", nothing),
        Loss("Wide", nothing, settings=AngleSettings),
    )

    def components(self, kind: str, problem: str) -> Sequence[SettingsOwner]:
        there: Mapping[str, Sequence[SettingsOwner]] = {
            "loss": self.losses,
            "optimizer": [Optimizer("AdamW", nothing)],
            "schedule": [Schedule("Cosine", nothing)],
        }
        return there.get(kind, ())


@dataclass(frozen=True)
class Table:
    """A problem type."""

    name: str = "table"
    settings: type[Settings] = TableSettings
    defaults: Mapping[str, Any] = field(
        default_factory=lambda: {"training.loss_function": "Flat", "prediction.metric": "any"}
    )


GIVEN = {"dataset": {"train_dataframe": "rows.csv", "column": "a"}}


def test_the_components_there_are_become_choices() -> None:
    schema = compose(Table(), Shelf())
    described = {each.path: each for each in Schema.of(schema)}
    assert described["training.loss_function"].choices == ("Flat", "Wide")
    with pytest.raises(ValidationError, match="'Flat' or 'Wide'"):
        schema.model_validate({**GIVEN, "training": {"loss_function": "Round"}})


def test_a_setting_without_components_to_choose_from_takes_any_name() -> None:
    settings = compose(Table(), Shelf()).model_validate(GIVEN)
    assert settings.prediction.metric == "any"


def test_settings_of_a_component_stand_flat_in_the_section_that_selects_it() -> None:
    schema = compose(Table(), Shelf())
    paths = [each.path for each in Schema.of(schema)]
    at = paths.index("training.angle")
    assert paths[at - 1] == "training.loss_function"
    settings = schema.model_validate({**GIVEN, "training": {"angle": "0.3"}})
    assert flatten(settings)["training.angle"] == 0.3
    assert settings.of(AngleSettings) == AngleSettings(angle=0.3)


def test_settings_of_a_component_apply_only_while_it_is_chosen() -> None:
    described = {each.path: each for each in Schema.of(compose(Table(), Shelf()))}
    angle = described["training.angle"]
    assert angle.metadata.owner == "Wide"
    assert angle.metadata.grid
    assert angle.bounds == "≥ 0"
    assert angle.rules == ("Only while training.loss_function is Wide.",)
    assert SettingMetadata.of(AngleSettings.model_fields["angle"]).applies_if is None


@pytest.mark.parametrize("key", ["corner", "training.corner", "angle", "training.angle"])
def test_alias_of_component_setting_is_read_from_file_command_line_and_grid(key: str) -> None:
    schema = compose(Table(), Shelf(losses=(Loss("Wide", nothing, settings=RenamedAngleSettings),)))
    training = {"loss_function": "Wide", key.rpartition(".")[2]: "0.3"}
    file = Document({**GIVEN, "training": training, "grid_search": {key: ["0.1"]}}, "FILE")
    override = parse_override(f"training.{key.rpartition('.')[2]}=0.5")
    for overrides, angle in [((), 0.3), ((override,), 0.5)]:
        loaded = check(Layers(file, Path(), overrides), schema, files=False)
        assert flatten(loaded.settings)["training.angle"] == angle
        assert loaded.settings.grid_search == {"training.angle": [0.1]}
        assert "training.angle" in loaded.given


def test_settings_that_nobody_composed_are_not_found() -> None:
    settings = compose(Table(), Shelf(losses=(Loss("Flat", nothing),))).model_validate(GIVEN)
    with pytest.raises(LookupError, match="AngleSettings is not among the settings"):
        settings.of(AngleSettings)


def test_defaults_of_the_problem_replace_the_shared_ones() -> None:
    defaults = {**Table().defaults, "training.epochs": 3, "training.loss_function": "Wide"}
    settings = compose(Table(defaults=defaults), Shelf()).model_validate(GIVEN)
    assert (settings.training.epochs, settings.training.loss_function) == (3, "Wide")
    other = compose(Table(), Shelf()).model_validate(GIVEN)
    assert (other.training.epochs, other.training.loss_function) == (5, "Flat")


def test_a_default_that_is_no_choice_is_refused() -> None:
    defaults = {**Table().defaults, "training.loss_function": "Round"}
    with pytest.raises(ValidationError, match="'Flat' or 'Wide'"):
        compose(Table(defaults=defaults), Shelf()).model_validate(GIVEN)


def test_a_default_for_no_setting_is_an_error() -> None:
    defaults = {**Table().defaults, "training.epoch": 3}
    with pytest.raises(PluginError, match=r"'table' has defaults .* \['training\.epoch'\]"):
        compose(Table(defaults=defaults), Shelf())


def test_two_components_that_claim_one_setting_are_both_named() -> None:
    losses = (
        Loss("Wide", nothing, settings=AngleSettings),
        Loss("Wider", nothing, settings=OtherAngleSettings),
    )
    module = __name__.split(".")[0]
    said = rf"'Wider' \({module}\) claims the setting 'training\.angle', which 'Wide' \({module}\)"
    with pytest.raises(PluginError, match=said):
        compose(Table(), Shelf(losses))


def test_a_component_that_claims_a_setting_of_the_problem_is_named() -> None:
    losses = (Loss("Fast", nothing, settings=RateSettings),)
    said = (
        r"'Fast' \(.*\) claims the setting 'training\.learning_rate', which 'table' has of its own"
    )
    with pytest.raises(PluginError, match=said):
        compose(Table(), Shelf(losses))


def test_the_setting_that_selects_a_kind_is_found() -> None:
    assert Schema.of(TableSettings).selector("loss") == "training.loss_function"
    assert Schema.of(TableSettings).selector("logger") == "logging.logger"
    assert Schema.of(TableSettings).selector("dataset") is None


def test_a_plugin_adds_its_loss_and_the_settings_of_it(registry: Registry) -> None:
    schema = registry.schema(registry.problem("text_metric_learning"))
    described = {each.path: each for each in Schema.of(schema)}
    assert "CosFace" in described["training.loss_function"].choices
    margin = described["training.cosface_margin"]
    assert (margin.default, margin.metadata.grid, margin.metadata.owner) == (0.35, True, "CosFace")

"""Settings of a run that differ from their defaults."""

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from hydro.settings.export import default_text
from hydro.settings.schema import Schema
from hydro.settings.sections import Settings

HEADED = ("experiment_name", "problem_type")
"""Settings that the head of a report shows."""


@dataclass(frozen=True)
class Changed:
    """A setting with its value and its default."""

    name: str
    value: str
    default: str


def changed(config: Mapping[str, object], model: type[Settings]) -> list[Changed]:
    """List the settings of a stored configuration that are not at their defaults."""
    values = flat_values(config)
    found = []
    for each in Schema.of(model):
        default = "" if each.required else default_text(each)
        if each.path not in values or each.path in HEADED:
            continue
        value = values[each.path]
        if each.required or yaml.safe_load(default) != value:
            found.append(Changed(each.path, value_text(value), default))
    return found


def flat_values(config: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Return values by dotted name; the grid of a search stays one value."""
    values: dict[str, object] = {}
    for name, value in config.items():
        if isinstance(value, dict) and name != "grid_search":
            values |= flat_values(value, f"{prefix}{name}.")
        else:
            values[f"{prefix}{name}"] = value
    return values


def value_text(value: object) -> str:
    """Format a value as YAML on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")

"""Which settings of a run differ from what they would have been by themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from hydro.settings.export import default_text
from hydro.settings.schema import list_settings
from hydro.settings.sections import Settings

HEADED = ("experiment_name", "problem_type")
"""What the head of a report says anyway."""


@dataclass(frozen=True)
class Changed:
    """A setting with its value and its default."""

    name: str
    value: str
    default: str


def changed(config: Mapping[str, Any], model: type[Settings]) -> list[Changed]:
    """List the settings of a stored configuration that are not at their defaults."""
    values = flat_values(config)
    found = []
    for each in list_settings(model):
        default = "" if each.required else default_text(each)
        if each.path not in values or each.path in HEADED:
            continue
        value = values[each.path]
        if each.required or yaml.safe_load(default) != value:
            found.append(Changed(each.path, value_text(value), default))
    return found


def flat_values(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return values by dotted name; a map of a search stays whole."""
    values: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, dict) and name != "grid_search":
            values |= flat_values(value, f"{prefix}{name}.")
        else:
            values[f"{prefix}{name}"] = value
    return values


def value_text(value: Any) -> str:
    """Write a value as it stands in the YAML file."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")

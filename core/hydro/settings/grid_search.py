"""Checks what is to be searched over, and applies a combination to settings."""

import difflib
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from hydro.settings.error_messages import SYNONYMS, SettingsIssue, issue_of
from hydro.settings.layers import GRID
from hydro.settings.schema import Schema, SettingInfo, flatten
from hydro.settings.sections import Settings


def grid_issues(
    values: Mapping[str, object], model: type[Settings], schema: Schema
) -> Iterator[SettingsIssue]:
    """List what is wrong with the ``grid_search`` of settings, which may be wrong elsewhere too."""
    searched: set[str] = set()
    grid = values.get(GRID)
    for key, listed in grid.items() if isinstance(grid, dict) else ():
        setting = schema.find_searchable(key)
        place = (GRID, key)
        if setting is None:
            message = f"{GRID}.{key}: {_not_searchable(key, schema)}"
            yield SettingsIssue(place, message, at_value=False)
        elif setting.path in searched:
            yield SettingsIssue(place, f"{GRID}.{key}: is searched twice")
        elif isinstance(listed, list):
            searched.add(setting.path)
            if not listed:
                yield SettingsIssue(place, f"{GRID}.{key}: has no values to try")
            for number, value in enumerate(listed):
                if message := _fault(value, setting, values, model, schema):
                    yield SettingsIssue((*place, number), f"{GRID}: {message}")


def resolve_grid(settings: Settings, schema: Schema) -> Settings:
    """Return settings whose ``grid_search`` has dotted names, and values of the settings' types."""
    grid: dict[str, list[object]] = {}
    for key, listed in settings.grid_search.items():
        setting = schema.find_searchable(key)
        assert setting, f"{key} was checked before"
        path = setting.path
        checked = [flatten(with_values(settings, {path: each}))[path] for each in listed]
        # 1e-4 and 0.0001 are one value, but 1 and true are not.
        grid[path] = list({repr(value): value for value in checked}.values())
    return settings.model_copy(update={GRID: grid})


def with_values(settings: Settings, values: Mapping[str, object]) -> Settings:
    """Return the settings with some values changed, by dotted name, and an empty grid.

    Raises:
        ValidationError: a value does not fit its setting.
    """
    changed = settings.model_dump() | {"grid_search": {}, "search": {}}
    for path, value in values.items():
        section, _, name = path.rpartition(".")
        (changed[section] if section else changed)[name] = value
    return type(settings).model_validate(changed)


def _fault(
    value: object,
    setting: SettingInfo,
    values: Mapping[str, object],
    model: type[Settings],
    schema: Schema,
) -> str:
    """Describe what is wrong with one value to try; nothing if it fits its setting."""
    part = values.get(setting.section) or {}
    if not isinstance(part, dict):
        return ""
    tried = {**values, GRID: {}, setting.section: {**part, setting.name: value}}
    try:
        model.model_validate(tried)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        own = (each for each in found if each["loc"][:2] == (setting.section, setting.name))
        return next((issue_of(each, schema).message for each in own), "")
    return ""


def _not_searchable(key: str, schema: Schema) -> str:
    names = [each.name for each in schema if each.metadata.grid]
    name = key.rpartition(".")[2]
    near = difflib.get_close_matches(SYNONYMS.get(name, name), names, 1)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    return f"cannot be searched over. {hint}Available: {', '.join(names)}"

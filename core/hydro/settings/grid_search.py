"""Checks what is to be searched over, and applies a combination to settings."""

import difflib
from collections.abc import Iterator, Mapping, Sequence

from pydantic import ValidationError

from hydro.settings.error_messages import SYNONYMS, SettingsIssue, issue_of
from hydro.settings.schema import Schema, flatten
from hydro.settings.sections import Settings


def resolve_grid(settings: Settings, schema: Schema) -> tuple[Settings, list[SettingsIssue]]:
    """Return the settings with a checked ``grid_search``, and what is wrong with it.

    Every key becomes a dotted name, and every value gets the type of its setting.
    """
    issues: list[SettingsIssue] = []
    grid: dict[str, list[object]] = {}
    for key, values in settings.grid_search.items():
        setting = schema.find_searchable(key)
        place = ("grid_search", key)
        if setting is None:
            message = f"grid_search.{key}: {_not_searchable(key, schema)}"
            issues.append(SettingsIssue(place, message, at_value=False))
        elif setting.path in grid or not values:
            why = "is searched twice" if setting.path in grid else "has no values to try"
            issues.append(SettingsIssue(place, f"grid_search.{key}: {why}"))
        else:
            checked = _checked(settings, key, setting.path, values, schema, issues)
            # 1e-4 and 0.0001 are one value, but 1 and true are not.
            grid[setting.path] = list({repr(value): value for value in checked}.values())
    return settings.model_copy(update={"grid_search": grid}), issues


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


def _checked(
    settings: Settings,
    key: str,
    path: str,
    values: Sequence[object],
    schema: Schema,
    issues: list[SettingsIssue],
) -> Iterator[object]:
    for number, value in enumerate(values):
        try:
            yield flatten(with_values(settings, {path: value}))[path]
        except ValidationError as error:
            details = error.errors(include_url=False, include_context=False)[0]
            message = f"grid_search: {issue_of(details, schema).message}"
            issues.append(SettingsIssue(("grid_search", key, number), message))


def _not_searchable(key: str, schema: Schema) -> str:
    names = [each.name for each in schema if each.metadata.grid]
    name = key.rpartition(".")[2]
    near = difflib.get_close_matches(SYNONYMS.get(name, name), names, 1)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    return f"cannot be searched over. {hint}Available: {', '.join(names)}"

"""Checks what is to be searched over, and gives the settings with some values changed."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from hydro.settings.error_messages import SYNONYMS, SettingsIssue, issue_of
from hydro.settings.schema import SettingInfo, flatten
from hydro.settings.sections import Settings


def resolve_grid(
    settings: Settings, known: Mapping[str, SettingInfo]
) -> tuple[Settings, list[SettingsIssue]]:
    """Return every searched key its dotted name and every value its type.

    Returns:
        The settings with a checked ``grid_search``, and what is wrong with it.
    """
    issues: list[SettingsIssue] = []
    searched: dict[str, list[Any]] = {}
    for key, values in settings.grid_search.items():
        path = _path(key, known)
        if path is None:
            issues.append(
                SettingsIssue(("grid_search", key), _not_searchable(key, known), at_value=False)
            )
        elif path in searched or not values:
            why = "is searched twice" if path in searched else "has no values to try"
            issues.append(SettingsIssue(("grid_search", key), f"grid_search.{key}: {why}"))
        else:
            checked = _checked(settings, key, path, values, known, issues)
            # 1e-4 and 0.0001 are one value, but 1 and true are not.
            searched[path] = list({repr(value): value for value in checked}.values())
    return settings.model_copy(update={"grid_search": searched}), issues


def with_values(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """Return the settings with some values changed, by dotted name, and nothing to search.

    Raises:
        ValidationError: a value does not suit its setting.
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
    values: list[Any],
    known: Mapping[str, SettingInfo],
    issues: list[SettingsIssue],
) -> Iterator[Any]:
    for place, value in enumerate(values):
        try:
            yield flatten(with_values(settings, {path: value}))[path]
        except ValidationError as error:
            found = issue_of(error.errors(include_url=False, include_context=False)[0], known)
            issues.append(
                SettingsIssue(("grid_search", key, place), f"grid_search: {found.message}")
            )


def _path(key: str, known: Mapping[str, SettingInfo]) -> str | None:
    """Find the dotted name of an eligible setting, given with its section or without."""
    paths = [each.path for each in known.values() if each.metadata.grid]
    return next((path for path in paths if key in (path, path.rpartition(".")[2])), None)


def _not_searchable(key: str, known: Mapping[str, SettingInfo]) -> str:
    names = [each.name for each in known.values() if each.metadata.grid]
    key_alone = key.rpartition(".")[2]
    near = difflib.get_close_matches(SYNONYMS.get(key_alone, key_alone), names, 1)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    return f"grid_search.{key}: cannot be searched over. {hint}What can: {', '.join(names)}"

"""Checks what holds between settings, once each of them is right by itself."""

import os
import stat
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

from hydro.errors import SettingsError
from hydro.paths import experiment_name, find_url
from hydro.settings.error_messages import SettingsIssue
from hydro.settings.schema import Schema, flatten
from hydro.settings.sections import Settings


def duplicate_names(values: Mapping[str, object], schema: Schema) -> Iterator[SettingsIssue]:
    """List the settings that are given by their name and by their alias."""
    for each in schema:
        part, alias = values.get(each.section), each.metadata.alias
        if alias and isinstance(part, dict) and {each.name, alias} <= part.keys():
            msg = f"{each.path} and {each.section}.{alias} are the same setting. Keep one"
            yield SettingsIssue((each.section, alias), msg, at_value=False)


def broken_rules(settings: Settings, schema: Schema, given: Set[str]) -> Iterator[SettingsIssue]:
    """List what contradicts another setting, or is missing because of one."""
    values = flatten(settings)
    for each in schema:
        facts, value = each.metadata, values[each.path]
        place = tuple(each.path.split("."))
        if facts.required_if and facts.required_if.holds(values) and value is None:
            msg = f"{each.path}: must be given, because {facts.required_if}. {each.help}"
            yield SettingsIssue(place, msg)
        changed = each.path in given and value != each.default
        if facts.conflicts_with and facts.conflicts_with.holds(values) and changed:
            other = facts.conflicts_with
            msg = f"{each.path}: contradicts the other setting: {other}. Change one of them"
            yield SettingsIssue(place, msg)


def check_experiment_name(settings: Settings) -> Iterator[SettingsIssue]:
    """Refuse a name that cannot be a folder's."""
    try:
        experiment_name(settings.experiment_name)
    except SettingsError as error:
        yield SettingsIssue(("experiment_name",), str(error))


def missing_files(settings: Settings, schema: Schema) -> Iterator[SettingsIssue]:
    """List the files that are needed and cannot be read."""
    values = flatten(settings)
    for each in schema:
        value = values[each.path]
        applies = each.metadata.applies_if is None or each.metadata.applies_if.holds(values)
        fault = _fault(value) if isinstance(value, Path) and applies else ""
        if fault:
            yield SettingsIssue(tuple(each.path.split(".")), f"{each.path}: {value}: {fault}")


def _fault(path: Path) -> str:
    """Describe why a file cannot be read; nothing if it can."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if url := find_url(path):
            return f"{url} is a URL, and tables are read from files. Download it, and name the file"
        beside = Path.cwd() / path.name
        hint = "; there is one in the working folder, but paths in a YAML file start from its own"
        return f"no such file{hint if beside.is_file() else ''}"
    except OSError as error:
        return (error.strerror or "cannot be read").lower()
    if stat.S_ISDIR(mode):
        return "a folder, not a file"
    if not stat.S_ISREG(mode):
        return "not a file"
    return "" if os.access(path, os.R_OK) else "permission denied"


def inactive_settings(settings: Settings, schema: Schema, given: Set[str]) -> Iterator[str]:
    """Describe which settings were given and change nothing here."""
    values = flatten(settings)
    for each in schema:
        when = each.metadata.applies_if
        idle = when is not None and not when.holds(values)
        if idle and each.path in given and values[each.path] not in (each.default, None):
            yield f"{each.path} does not apply here (only while {when}); it is kept and ignored"

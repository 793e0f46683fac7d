"""Turns a YAML file into checked settings, and settings back into YAML."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from hydro.errors import SettingsError
from hydro.settings.base_config import base_settings, inherit
from hydro.settings.error_messages import (
    COMMAND_LINE,
    SettingsIssue,
    from_validation_error,
    settings_error,
)
from hydro.settings.fields import NULL_VALUES
from hydro.settings.grid_search import resolve_grid
from hydro.settings.reference import without_empty_sections
from hydro.settings.schema import SettingInfo, flatten, list_settings
from hydro.settings.search_space import SearchSpace
from hydro.settings.sections import Settings
from hydro.settings.validation import (
    broken_rules,
    check_experiment_name,
    inactive_settings,
    missing_files,
)
from hydro.settings.yaml_reader import Document, parse_value, read_yaml


@dataclass(frozen=True)
class LoadedSettings:
    """Checked settings, with what the user should be told of them."""

    settings: Settings
    warnings: tuple[str, ...]
    given: frozenset[str]
    """The dotted names of the settings that were given."""


def load(path: Path, model: type[Settings], overrides: Sequence[str] = ()) -> LoadedSettings:
    """Read a settings file and check it against a composed model.

    Args:
        path: The YAML file; relative paths in it are relative to its folder.
        model: What ``compose`` gave.
        overrides: ``section.key=value`` each, stronger than the file; paths in these are relative
            to the working folder.

    Raises:
        SettingsError: with every issue there is, one a line, each with its place in the file.
    """
    document = read(path, overrides)
    return check(document, model, base=path.resolve().parent, overrides=overrides)


def read(path: Path, overrides: Sequence[str] = ()) -> Document:
    """Read a settings file, with what it starts from and what the command line puts on top.

    Raises:
        SettingsError: the file, or the experiment that it names, cannot be read.
    """
    document = read_yaml(path)
    for override in overrides:
        if "." not in override.partition("=")[0]:
            _apply(override, document, {})
    document.base_values = base_settings(document, path.resolve().parent)
    told = document.values.get("problem_type") not in (None, "None")
    if not told and "problem_type" in document.base_values:
        document.values["problem_type"] = document.base_values["problem_type"]
    return document


def load_stored(path: Path, model: type[Settings]) -> Settings:
    """Read the settings that an experiment was made with; the tables they name may be gone by now.

    Raises:
        SettingsError: they cannot be read, or name what is not installed.
    """
    return check(read(path), model, base=path.resolve().parent, files=False).settings


def check(
    document: Document,
    model: type[Settings],
    *,
    base: Path,
    overrides: Sequence[str] = (),
    files: bool = True,
) -> LoadedSettings:
    """Check a document that has been read; relative paths in it start from ``base``.

    ``files`` tells whether those that it names have to be there.
    """
    known = {each.path: each for each in list_settings(model)}
    document.values = without_empty_sections(document.values)
    _rename_aliases(document, known)
    _anchor_paths(document.values, known, base)
    inherit(document, document.base_values)
    for override in overrides:
        _apply(override, document, known)
    try:
        settings = model.model_validate(document.values)
    except ValidationError as error:
        raise from_validation_error(error, document, known) from None
    given = known.keys() & _given(document.values)
    settings, wrong_searches = resolve_grid(settings, known)
    issues = [
        *wrong_searches,
        *broken_rules(settings, known, given),
        *check_experiment_name(settings),
        *(missing_files(settings, known) if files else ()),
    ]
    if issues:
        raise settings_error(issues, document)
    notes = [*inactive_settings(settings, known, given), *SearchSpace.of(settings).inactive()]
    return LoadedSettings(settings, tuple(notes), frozenset(given))


def dump(settings: Settings) -> str:
    """Write settings as YAML that loads back to the same settings.

    Settings of components that are neither chosen nor searched over are left out, so that the
    file loads where those components are not installed.
    """
    values: dict[str, Any] = {}
    chosen = flatten(settings)
    written = settings.model_dump(mode="json")
    for each in list_settings(type(settings)):
        if each.metadata.owner and not _is_active_or_searched(each, settings, chosen):
            continue
        place = values.setdefault(each.section, {}) if each.section else values
        source = written[each.section] if each.section else written
        place[each.name] = source[each.name]
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


def _is_active_or_searched(
    setting: SettingInfo, settings: Settings, chosen: Mapping[str, Any]
) -> bool:
    """Return whether a setting applies, or would with a value that is searched over."""
    when = setting.metadata.applies_if
    if when is None:
        return True
    tried = [chosen.get(when.path), *settings.grid_search.get(when.path, ())]
    return any(when.holds({**chosen, when.path: value}) for value in tried)


class _Dumper(yaml.SafeDumper):
    """Quotes the texts that would else be read as nothing, or with their line ends changed."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        style = '"' if text in NULL_VALUES or not text.isprintable() else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _Dumper.represent_text)


def _rename_aliases(document: Document, known: Mapping[str, SettingInfo]) -> None:
    for each in known.values():
        values = document.values.get(each.section)
        alias = each.metadata.alias
        if alias and isinstance(values, dict) and alias in values:
            old, new = (each.section, alias), (each.section, each.name)
            if each.name in values:
                msg = f"{each.path} and {each.section}.{alias} are the same setting. Keep one"
                raise settings_error([SettingsIssue(old, msg, at_value=False)], document)
            values[each.name] = values.pop(alias)
            for places in (document.key_positions, document.value_positions):
                places[new] = places[old]


def _anchor_paths(values: dict[str, Any], known: Mapping[str, SettingInfo], base: Path) -> None:
    for each in known.values():
        part = values.get(each.section) if each.section else values
        if not isinstance(part, dict) or not each.kind.startswith("path"):
            continue
        value = part.get(each.name)
        if isinstance(value, str) and value != "None":
            # pathlib raises where it knows no home of that name; os.path leaves it as it is.
            part[each.name] = str(base / os.path.expanduser(value))  # noqa: PTH111


def _apply(override: str, document: Document, known: Mapping[str, SettingInfo]) -> None:
    """Put ``section.key=value`` in the place of what the file says."""
    path, equals, text = override.partition("=")
    names = path.strip().split(".")
    if not equals or len(names) > 2 or not all(names):
        msg = f"{COMMAND_LINE} {override}: write section.key=value, as in training.epochs=3"
        raise SettingsError(msg)
    section, key = ("", *names)[-2:]
    aliases = {(each.section, each.metadata.alias): each.name for each in known.values()}
    key = aliases.get((section, key), key)
    value = {key: parse_value(text, f"{COMMAND_LINE} {override}")}
    _anchor_paths({section: value} if section else value, known, Path.cwd())
    if section and document.values.get(section) is None:
        document.values[section] = {}
    part = document.values[section] if section else document.values
    if isinstance(part, dict):
        part |= value
        document.overridden[(section, key) if section else (key,)] = override


def _given(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict) and not prefix:
            yield from _given(value, f"{name}.")
        yield f"{prefix}{name}"

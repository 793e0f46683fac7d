"""Turns a YAML file into checked settings: layers, merged and validated once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from hydro.settings.base_config import with_base_settings
from hydro.settings.error_messages import from_validation_error, settings_error
from hydro.settings.grid_search import grid_issues, resolve_grid
from hydro.settings.layers import Layers, parse_override
from hydro.settings.schema import Schema
from hydro.settings.search_space import SearchSpace
from hydro.settings.sections import Settings
from hydro.settings.validation import (
    broken_rules,
    check_experiment_name,
    duplicate_names,
    inactive_settings,
    missing_files,
)
from hydro.settings.yaml_reader import read_yaml


@dataclass(frozen=True)
class LoadedSettings:
    """Checked settings, with what the user should know about them."""

    settings: Settings
    warnings: tuple[str, ...]
    given: frozenset[str]
    """The dotted names of the settings that were given."""


def load(path: Path, model: type[Settings], overrides: Sequence[str] = ()) -> LoadedSettings:
    """Read a settings file and check it against a composed model.

    Args:
        path: The YAML file; relative paths in it are relative to its folder.
        model: What ``compose`` returned.
        overrides: ``section.key=value`` each, stronger than the file; paths in these are relative
            to the working folder.

    Raises:
        SettingsError: with every issue there is, one a line, each with its place in the file.
    """
    return check(read(path, overrides), model)


def load_stored(path: Path, model: type[Settings]) -> Settings:
    """Read the settings that an experiment was made with; the tables they name may be gone by now.

    Raises:
        SettingsError: they cannot be read, or name what is not installed.
    """
    return check(read(path), model, files=False).settings


def read(path: Path, overrides: Sequence[str] = ()) -> Layers:
    """Read a settings file, the experiment that it starts from, and the command line.

    Raises:
        SettingsError: one of them cannot be read.
    """
    parsed = tuple(parse_override(each) for each in overrides)
    return with_base_settings(Layers(read_yaml(path), path.resolve().parent, parsed))


def check(layers: Layers, model: type[Settings], *, files: bool = True) -> LoadedSettings:
    """Check settings that have been read; ``files`` says whether those that they name must exist.

    Raises:
        SettingsError: with every issue there is, one a line, each with its place in the file.
    """
    schema = Schema.of(model)
    if duplicates := [*duplicate_names(layers.file.values, schema)]:
        raise settings_error(duplicates, layers)
    layers = layers.resolve(schema)
    values = layers.merge()
    issues = [*grid_issues(values, model, schema)]
    try:
        settings = model.model_validate(values)
    except ValidationError as error:
        raise from_validation_error(error, layers, schema, issues) from None
    given = schema.settings.keys() & _dotted_names(values)
    issues += [
        *broken_rules(settings, schema, given),
        *check_experiment_name(settings),
        *(missing_files(settings, schema) if files else ()),
    ]
    if issues:
        raise settings_error(issues, layers)
    settings = resolve_grid(settings, schema)
    warnings = [*inactive_settings(settings, schema, given), *SearchSpace.of(settings).inactive()]
    return LoadedSettings(settings, tuple(warnings), frozenset(given))


def _dotted_names(values: Mapping[str, object]) -> Iterator[str]:
    for name, value in values.items():
        yield name
        if isinstance(value, dict):
            yield from (f"{name}.{key}" for key in value)

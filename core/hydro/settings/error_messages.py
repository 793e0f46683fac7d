"""Describes what is wrong with settings: everything at once, each with its place and a remedy."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from hydro.errors import SettingsError
from hydro.settings.layers import COMMAND_LINE, Layers, Override
from hydro.settings.schema import Schema, SettingInfo
from hydro.settings.yaml_reader import KeyPath, Position

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MAX_ISSUES = 50
"""Problems shown at once; what has more is no settings file."""

SYNONYMS = {
    "lr": "learning_rate",
    "bs": "batch_size",
    "label": "label_columns",
    "label_column": "label_columns",
    "labels": "label_columns",
    "model": "backbone",
    "loss": "loss_function",
    "text": "text_column",
    "text_columns": "text_column",
    "fold": "folds",
    "train": "train_dataframe",
    "dim": "embedding_size",
    "max_len": "max_length",
    "clip": "gradient_clip",
}
"""What people call settings elsewhere; no distance between words finds these."""

WRONG_TYPE = ("_type", "_parsing", "_parsing_size", "_from_float")
"""Suffixes of those of pydantic's error types that mean a value of the wrong type."""


@dataclass(frozen=True)
class SettingsIssue:
    """One thing that is wrong with the settings."""

    path: KeyPath
    message: str
    at_value: bool = True


def settings_error(
    issues: Sequence[SettingsIssue], layers: Layers, omitted: int = 0
) -> SettingsError:
    """Make the error that lists the issues, in the order in which they stand in the file."""
    count = len(issues) + omitted
    headline = f"{layers.file.source}: {count} problem{'s' if count > 1 else ''} with the settings"
    ordered = sorted(issues, key=lambda issue: (_position(issue, layers), issue.message))
    lines = [_with_line(issue, layers) for issue in ordered]
    rest = [f"and {omitted} more"] if omitted else []
    return SettingsError("\n".join([headline, *lines, *rest]))


def from_validation_error(
    error: ValidationError, layers: Layers, schema: Schema, others: Sequence[SettingsIssue] = ()
) -> SettingsError:
    """Describe what pydantic found as a person would, with the other issues there are."""
    found = error.errors(include_url=False, include_context=False)
    issues = [issue_of(each, schema) for each in found[:MAX_ISSUES]]
    omitted = max(0, len(found) - MAX_ISSUES) + max(0, len(others) - MAX_ISSUES)
    return settings_error([*issues, *others[:MAX_ISSUES]], layers, omitted)


def issue_of(error: "ErrorDetails", schema: Schema) -> SettingsIssue:
    """Describe one of pydantic's errors as a person would."""
    path: KeyPath = error["loc"]
    dotted = ".".join(str(each) for each in path[:2])
    setting = schema.settings.get(dotted)
    name, value, kind = _shortened(dotted), error["input"], error["type"]
    if kind == "extra_forbidden":
        return SettingsIssue(path, f"{name}: {_unknown(path, schema)}", at_value=False)
    if kind == "missing":
        help = setting.help if setting else ""
        return SettingsIssue(path, f"{name}: must be given. {help}".rstrip(), at_value=False)
    if kind in ("model_type", "dict_type"):
        return SettingsIssue(path, f"{name}: holds settings of its own, not {_shown(value)}")
    if kind == "literal_error" and setting:
        return SettingsIssue(path, f"{name}: {_no_choice(value, setting.choices)}")
    if kind == "too_short":
        return SettingsIssue(path, f"{name}: must not be empty")
    message = error["msg"].replace("Input should be", "must be").replace("a valid", "a")
    if kind.endswith(WRONG_TYPE) and setting:
        message = f"must be {_kind(setting, item=len(path) > dotted.count('.') + 1)}"
    return SettingsIssue(path, f"{name}: {message}, not {_shown(value)}")


def _kind(setting: SettingInfo, *, item: bool) -> str:
    """Name the type of a setting, or of one item of its list, with its article."""
    kind = setting.kind.removesuffix(" or nothing")
    if item:
        kind = kind.removeprefix("list of ").removesuffix("s")
    return kind if kind in ("text", "true or false") else f"a {kind}"


def _no_choice(value: object, choices: Sequence[object]) -> str:
    lower = {str(each).lower(): each for each in choices}
    near = difflib.get_close_matches(str(value).lower(), lower, 1)
    hint = f". Did you mean '{lower[near[0]]}'?" if near else ""
    return f"no choice {_shown(value)}; available: {', '.join(map(str, choices))}{hint}"


def _unknown(path: KeyPath, schema: Schema) -> str:
    """Name the setting that an unknown key was meant to be, or else list those there are."""
    section, key = ".".join(str(each) for each in path[:-1]), str(path[-1])
    here = [each.name for each in schema if each.section == section]
    choices = here if section else here + sorted(schema.sections)
    wanted = SYNONYMS.get(key, key)
    near = [wanted] if wanted in choices else difflib.get_close_matches(key, choices, 1, 0.6)
    near = near or [each.path for each in schema if wanted in each.keys]
    near = (
        near
        or [each.path for each in schema if difflib.get_close_matches(key, [each.name], 1, 0.8)][:1]
    )
    if near:
        # Several sections may have a setting of a name.
        listed = " or ".join(f"'{each}'" for each in near)
        return f"unknown setting. Did you mean {listed}?"
    return f"unknown setting. Available: {', '.join(choices)}"


def _shown(value: object) -> str:
    """Quote what was written, on one line and with nothing that moves a terminal's cursor."""
    if isinstance(value, dict):
        return "a section"
    return "nothing" if value is None else _shortened(repr(value))


def _shortened(text: str) -> str:
    plain = text if text and text.isprintable() else repr(text)
    return plain if len(plain) <= 60 else f"{plain[:57]}..."


def _position(issue: SettingsIssue, layers: Layers) -> Position:
    """Find where an issue stands; what is missing stands where its section starts."""
    file = layers.file
    if _override(issue, layers):
        return 0, 0
    if issue.at_value and issue.path in file.value_positions:
        return file.value_positions[issue.path]
    inside = (issue.path[:length] for length in range(len(issue.path), 0, -1))
    return next((file.key_positions[each] for each in inside if each in file.key_positions), (0, 0))


def _override(issue: SettingsIssue, layers: Layers) -> Override | None:
    """Find what on the command line set the value, or the map that it is in."""
    paths = (issue.path[:2], issue.path[:1])
    given = {override.path: override for override in layers.overrides}
    return next((given[path] for path in paths if path in given), None)


def _with_line(issue: SettingsIssue, layers: Layers) -> str:
    file = layers.file
    line, column = _position(issue, layers)
    if not line:
        override = _override(issue, layers)
        source = f"{COMMAND_LINE} {override.text}" if override else file.source
        return f"{source}: {issue.message}"
    headline = f"{file.source}:{line}:{column}: {issue.message}"
    text = file.lines[line - 1] if line <= len(file.lines) else ""
    if len(text) > 200:
        return headline
    prefix = f"{line:7} | "
    return f"{headline}\n{prefix}{text}\n{' ' * (len(prefix) + column - 1)}^"

"""Says what is wrong with settings: everything at once, each with its place and a remedy."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from hydro.errors import SettingsError
from hydro.settings.schema import SettingInfo
from hydro.settings.yaml_reader import Document, KeyPath, Position

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

COMMAND_LINE = "--set"

MAX_ISSUES = 50
"""Problems told at once; what has more is no settings file."""

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
"""How the names of those of pydantic's errors end that come down to: this is no such thing."""


@dataclass(frozen=True)
class SettingsIssue:
    """One thing that is wrong with the settings."""

    path: KeyPath
    message: str
    at_value: bool = True


def settings_error(
    issues: Sequence[SettingsIssue], document: Document, untold: int = 0
) -> SettingsError:
    """Make the error that tells all issues, in the order in which they stand in the file."""
    count = len(issues) + untold
    headline = f"{document.source}: {count} problem{'s' if count > 1 else ''} with the settings"
    placed = sorted(issues, key=lambda issue: (_position(issue, document), issue.message))
    said = [_with_line(issue, document) for issue in placed]
    rest = [f"and {untold} more"] if untold else []
    return SettingsError("\n".join([headline, *said, *rest]))


def from_validation_error(
    error: ValidationError, document: Document, known: Mapping[str, SettingInfo]
) -> SettingsError:
    """Describe what pydantic found as a person would."""
    found = error.errors(include_url=False, include_context=False)
    issues = [issue_of(each, known) for each in found[:MAX_ISSUES]]
    return settings_error(issues, document, untold=max(0, len(found) - MAX_ISSUES))


def issue_of(error: "ErrorDetails", known: Mapping[str, SettingInfo]) -> SettingsIssue:
    """Describe one of pydantic's errors as a person would."""
    path: KeyPath = error["loc"]
    name = _shortened(".".join(str(each) for each in path[:2]))
    value, kind = error["input"], error["type"]
    if kind == "extra_forbidden":
        return SettingsIssue(path, f"{name}: {_unknown(path, known)}", at_value=False)
    if kind == "missing":
        told = known[name].help if name in known else ""
        return SettingsIssue(path, f"{name}: must be given. {told}".rstrip(), at_value=False)
    if kind in ("model_type", "dict_type"):
        return SettingsIssue(path, f"{name}: holds settings of its own, not {_shown(value)}")
    if kind == "literal_error":
        return SettingsIssue(path, f"{name}: {_no_choice(value, known[name].choices)}")
    if kind == "too_short":
        return SettingsIssue(path, f"{name}: must not be empty")
    said = error["msg"].replace("Input should be", "must be").replace("a valid", "a")
    if kind.endswith(WRONG_TYPE) and name in known:
        said = f"must be {_kind(known[name], item=len(path) > name.count('.') + 1)}"
    return SettingsIssue(path, f"{name}: {said}, not {_shown(value)}")


def _kind(setting: SettingInfo, *, item: bool) -> str:
    """Name the type of a setting, or of one item of its list, with its article."""
    kind = setting.kind.removesuffix(" or nothing")
    if item:
        kind = kind.removeprefix("list of ").removesuffix("s")
    return kind if kind in ("text", "true or false") else f"a {kind}"


def _no_choice(value: Any, choices: Sequence[Any]) -> str:
    lower = {str(each).lower(): each for each in choices}
    near = difflib.get_close_matches(str(value).lower(), lower, 1)
    hint = f". Did you mean '{lower[near[0]]}'?" if near else ""
    return f"there is no {_shown(value)}; there is: {', '.join(map(str, choices))}{hint}"


def _unknown(path: KeyPath, known: Mapping[str, SettingInfo]) -> str:
    """Name the setting that an unknown key was meant to be, or else list those there are."""
    section, key = ".".join(str(each) for each in path[:-1]), str(path[-1])
    here = [each.name for each in known.values() if each.section == section]
    sections = sorted({each.section for each in known.values() if each.section})
    choices = here if section else here + sections
    wanted = SYNONYMS.get(key, key)
    near = [wanted] if wanted in choices else difflib.get_close_matches(key, choices, 1, 0.6)
    near = near or [each.path for each in known.values() if each.name == wanted]
    near = near or [
        each.path for each in known.values() if difflib.get_close_matches(key, [each.name], 1, 0.8)
    ]
    if near:
        return f"unknown setting. Did you mean '{near[0]}'?"
    return f"unknown setting. There is: {', '.join(choices)}"


def _shown(value: Any) -> str:
    """Quote what was written, on one line and with nothing that moves a terminal's cursor."""
    if isinstance(value, dict):
        return "a section"
    return "nothing" if value is None else _shortened(repr(value))


def _shortened(text: str) -> str:
    plain = text if text and text.isprintable() else repr(text)
    return plain if len(plain) <= 60 else f"{plain[:57]}..."


def _position(issue: SettingsIssue, document: Document) -> Position:
    """Find where an issue stands; what is missing stands where its section starts."""
    if _override(issue, document):
        return 0, 0
    if issue.at_value and issue.path in document.value_positions:
        return document.value_positions[issue.path]
    inside = (issue.path[:length] for length in range(len(issue.path), 0, -1))
    return next(
        (document.key_positions[each] for each in inside if each in document.key_positions), (0, 0)
    )


def _override(issue: SettingsIssue, document: Document) -> str | None:
    """Find what on the command line set the value, or the map that it is in."""
    given = document.overridden
    return given.get(issue.path[:2]) or given.get(issue.path[:1])


def _with_line(issue: SettingsIssue, document: Document) -> str:
    line, column = _position(issue, document)
    if not line:
        override = _override(issue, document)
        source = f"{COMMAND_LINE} {override}" if override else document.source
        return f"{source}: {issue.message}"
    headline = f"{document.source}:{line}:{column}: {issue.message}"
    text = document.lines[line - 1] if line <= len(document.lines) else ""
    if len(text) > 200:
        return headline
    prefix = f"{line:7} | "
    return f"{headline}\n{prefix}{text}\n{' ' * (len(prefix) + column - 1)}^"

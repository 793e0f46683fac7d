"""Turns a YAML file into checked settings, and settings back into YAML."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from hydro.errors import SettingsError
from hydro.settings.describe import Described, describe, flat
from hydro.settings.hydrogen import without_empty_sections
from hydro.settings.sections import Settings
from hydro.settings.yaml_text import Document, parse_value, read_yaml

COMMAND_LINE = "--set"

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


@dataclass(frozen=True)
class Issue:
    """One thing that is wrong with the settings."""

    path: tuple[str | int, ...]
    message: str
    at_value: bool = True


@dataclass(frozen=True)
class Loaded:
    """Checked settings, with what the user should be told of them."""

    settings: Settings
    notes: tuple[str, ...]
    given: frozenset[str]
    """The dotted names of the settings that were given."""


def load(path: Path, model: type[Settings], overrides: Sequence[str] = ()) -> Loaded:
    """Read a settings file and check it against a composed model.

    Args:
        path: The YAML file; relative paths in it are relative to its folder.
        model: What ``compose`` gave.
        overrides: ``section.key=value`` each, stronger than the file; paths in these are relative
            to the working folder.

    Raises:
        SettingsError: with every issue there is, one a line, each with its place in the file.
    """
    document = read_yaml(path)
    return check(document, model, base=path.resolve().parent, overrides=overrides)


def check(
    document: Document, model: type[Settings], *, base: Path, overrides: Sequence[str] = ()
) -> Loaded:
    """Check a document that has been read; paths in it are relative to ``base``."""
    known = {each.path: each for each in describe(model)}
    document.values = without_empty_sections(document.values)
    _anchor_paths(document.values, known, base)
    _apply(overrides, document, known)
    _rename_aliases(document, known)
    try:
        settings = model.model_validate(document.values)
    except ValidationError as error:
        issues = [_explain(each, known) for each in error.errors()]
        raise SettingsError(_report(issues, document)) from None
    given = frozenset(_given(document.values))
    issues = [*_broken_rules(settings, known, given), *_missing_files(settings, known)]
    if issues:
        raise SettingsError(_report(issues, document))
    return Loaded(settings, tuple(_idle(settings, known, given)), given)


def dump(settings: Settings) -> str:
    """Write settings as YAML that loads back to the same settings.

    Settings of components that are not chosen are left out, so that the file loads where those
    components are not installed.
    """
    values: dict[str, Any] = {}
    chosen = flat(settings)
    written = settings.model_dump(mode="json")
    for each in describe(type(settings)):
        if each.facts.owner and each.facts.when and not each.facts.when.holds(chosen):
            continue
        place = values.setdefault(each.section, {}) if each.section else values
        source = written[each.section] if each.section else written
        place[each.name] = source[each.name]
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=10_000)


def _rename_aliases(document: Document, known: Mapping[str, Described]) -> None:
    for each in known.values():
        values = document.values.get(each.section)
        alias = each.facts.alias
        if alias and isinstance(values, dict) and alias in values:
            old, new = (each.section, alias), (each.section, each.name)
            if each.name in values:
                msg = f"{each.path} and {each.section}.{alias} are the same setting. Keep one"
                raise SettingsError(_report([Issue(old, msg, at_value=False)], document))
            values[each.name] = values.pop(alias)
            for places in (document.places, document.value_places):
                if old in places:
                    places[new] = places[old]


def _anchor_paths(values: dict[str, Any], known: Mapping[str, Described], base: Path) -> None:
    for each in known.values():
        part = values.get(each.section) if each.section else values
        value = part.get(each.name) if isinstance(part, dict) else None
        if each.kind.startswith("path") and isinstance(value, str) and value != "None":
            part[each.name] = str(base / Path(value).expanduser())  # type: ignore[index]


def _apply(overrides: Sequence[str], document: Document, known: Mapping[str, Described]) -> None:
    for override in overrides:
        path, equals, text = override.partition("=")
        names = path.strip().split(".")
        if not equals or len(names) > 2 or not all(names):
            msg = f"{COMMAND_LINE} {override}: write section.key=value, as in training.epochs=3"
            raise SettingsError(msg)
        value = {names[-1]: parse_value(text, f"{COMMAND_LINE} {override}")}
        values = {names[0]: value} if len(names) == 2 else value
        _anchor_paths(values, known, Path.cwd())
        part = document.values
        if len(names) == 2:
            if not isinstance(part.get(names[0]), dict):
                part[names[0]] = {}
            part = part[names[0]]
        part.update(value)
        for key in [key for key in document.places if key[: len(names)] == tuple(names)]:
            document.places.pop(key)
            document.value_places.pop(key, None)


def _given(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict) and not prefix:
            yield from _given(value, f"{name}.")
        yield f"{prefix}{name}"


def _explain(error: Any, known: Mapping[str, Described]) -> Issue:
    """Say a pydantic error as a person would."""
    path: tuple[str | int, ...] = error["loc"]
    name = ".".join(str(each) for each in path[:2])
    value, kind = error["input"], error["type"]
    if kind == "extra_forbidden":
        return Issue(path, f"{name}: {_unknown(path, known)}", at_value=False)
    if kind == "missing":
        told = known[name].help if name in known else ""
        return Issue(path, f"{name}: must be given. {told}".rstrip(), at_value=False)
    if kind in ("model_type", "dict_type"):
        return Issue(path, f"{name}: holds settings of its own, not {_shown(value)}")
    if kind == "literal_error":
        expected = known[name].choices if name in known else ()
        near = difflib.get_close_matches(str(value).lower(), [str(e).lower() for e in expected], 1)
        hint = next((f". Did you mean '{e}'?" for e in expected if [str(e).lower()] == near), "")
        listed = ", ".join(str(each) for each in expected)
        return Issue(path, f"{name}: there is no {_shown(value)}; there is: {listed}{hint}")
    said = error["msg"].replace("Input should be ", "must be ").replace("a valid ", "a ")
    said = said.split(", unable to parse")[0].split(", unable to interpret")[0]
    return Issue(path, f"{name}: {said}, not {_shown(value)}")


def _unknown(path: tuple[str | int, ...], known: Mapping[str, Described]) -> str:
    section = ".".join(str(each) for each in path[:-1])
    key = str(path[-1])
    here = [each.name for each in known.values() if each.section == section]
    sections = sorted({each.section for each in known.values() if each.section})
    choices = here if section else here + sections
    near = [SYNONYMS[key]] if SYNONYMS.get(key) in choices else []
    near = near or difflib.get_close_matches(key, choices, 1, 0.6)
    if near:
        return f"unknown setting. Did you mean '{near[0]}'?"
    wanted = SYNONYMS.get(key, key)
    elsewhere = [each.path for each in known.values() if each.name == wanted]
    elsewhere = elsewhere or [
        each.path for each in known.values() if difflib.get_close_matches(key, [each.name], 1, 0.8)
    ]
    if elsewhere:
        return f"unknown setting. Did you mean '{elsewhere[0]}'?"
    return f"unknown setting. There is: {', '.join(choices)}"


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a section"
    text = "nothing" if value is None else f"'{value}'"
    return text if len(text) <= 60 else f"{text[:56]}…'"


def _broken_rules(
    settings: Settings, known: Mapping[str, Described], given: frozenset[str]
) -> Iterator[Issue]:
    values = flat(settings)
    for each in known.values():
        facts, value = each.facts, values[each.path]
        place = tuple(each.path.split("."))
        if facts.required and facts.required.holds(values) and value is None:
            msg = f"{each.path}: must be given, because {facts.required}. {each.help}"
            yield Issue(place, msg)
        changed = each.path in given and value != each.default
        if facts.clashes and facts.clashes.holds(values) and changed:
            msg = f"{each.path}: contradicts the other setting: {facts.clashes}. Change one of them"
            yield Issue(place, msg)
        if facts.planned and changed:
            msg = f"{each.path}: not yet effective in this version of hydro. Leave it out"
            yield Issue(place, msg)


def _missing_files(settings: Settings, known: Mapping[str, Described]) -> Iterator[Issue]:
    values = flat(settings)
    for each in known.values():
        value = values[each.path]
        applies = each.facts.when is None or each.facts.when.holds(values)
        if isinstance(value, Path) and applies and not value.is_file():
            found = "a folder, not a file" if value.is_dir() else "no such file"
            beside = Path.cwd() / value.name
            hint = (
                "; there is one in the working folder, but paths in a YAML file start from its own"
                if beside.is_file() and not value.is_dir()
                else ""
            )
            yield Issue(tuple(each.path.split(".")), f"{each.path}: {value}: {found}{hint}")


def _idle(
    settings: Settings, known: Mapping[str, Described], given: frozenset[str]
) -> Iterator[str]:
    values = flat(settings)
    for each in known.values():
        when = each.facts.when
        idle = when is not None and not when.holds(values)
        if idle and each.path in given and values[each.path] not in (each.default, None):
            yield f"{each.path} does not apply here (only while {when}); it is kept and ignored"


def _report(issues: Sequence[Issue], document: Document) -> str:
    """Print all issues, each with its place and the line it is on."""
    count = f"{len(issues)} problem{'s' if len(issues) > 1 else ''} with the settings"
    placed = sorted((_place(issue, document), issue.message) for issue in issues)
    said = [_with_line(place, message, document) for place, message in placed]
    return "\n".join([f"{document.source}: {count}", *said])


def _place(issue: Issue, document: Document) -> tuple[int, int]:
    """Find where an issue stands; what is missing stands where its section starts."""
    if issue.at_value and issue.path in document.value_places:
        return document.value_places[issue.path]
    inside = (issue.path[:length] for length in range(len(issue.path), 0, -1))
    return next((document.places[each] for each in inside if each in document.places), (0, 0))


def _with_line(place: tuple[int, int], message: str, document: Document) -> str:
    line, column = place
    if not line:
        return f"{document.source}: {message}"
    text = document.lines[line - 1] if line <= len(document.lines) else ""
    if len(text) > 200:
        return f"{document.source}:{line}:{column}: {message}"
    prefix = f"{line:7} | "
    caret = " " * (len(prefix) + column - 1) + "^"
    return f"{document.source}:{line}:{column}: {message}\n{prefix}{text}\n{caret}"

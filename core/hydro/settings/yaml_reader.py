"""Reads YAML into plain text values, each with the line and column that it was written at."""

import codecs
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from hydro.errors import SettingsError
from hydro.settings.fields import NULL_VALUES

MAX_CHARACTERS = 1 << 20
"""Bytes; a settings file is a few thousand."""
MAX_DEPTH = 20

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

UNPRINTABLE = yaml.reader.Reader.NON_PRINTABLE
"""Matches what no YAML file may hold: control characters and lone surrogates."""

KeyPath = tuple[str | int, ...]
"""The keys, and the numbers in lists, that lead to a value."""

Position = tuple[int, int]
"""Line and column, counted from 1."""


@dataclass
class Document:
    """What a settings file says.

    Scalars stay the text that was written: the setting's type, not YAML's guess, decides whether
    ``1e-4`` is a number, ``010`` is ten and ``on`` is a name. Only a plain empty value, ``~``,
    ``null`` or ``None`` is None.
    """

    values: dict[str, Any]
    source: str
    lines: list[str] = field(default_factory=list)
    key_positions: dict[KeyPath, Position] = field(default_factory=dict)
    """Where each key starts."""
    value_positions: dict[KeyPath, Position] = field(default_factory=dict)
    """Where each value starts."""
    overridden: dict[KeyPath, str] = field(default_factory=dict)
    base_values: dict[str, Any] = field(default_factory=dict)
    """What the experiment that it starts from was told."""
    """What the command line says instead."""


def read_yaml(path: Path) -> Document:
    """Read a settings file.

    Raises:
        SettingsError: the file is missing, too large, not UTF-8 or not one plain YAML mapping.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_CHARACTERS + 1)
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}. Give the path of a YAML file"
        raise SettingsError(msg) from None
    if len(raw) > MAX_CHARACTERS:
        msg = f"{path}: larger than 1 MiB. That is no settings file"
        raise SettingsError(msg)
    if raw.startswith(codecs.BOM_UTF8):
        msg = f"{path}:1:1: starts with a byte order mark. Save the file as UTF-8 without one"
        raise SettingsError(msg)
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        msg = f"{path}:{line}: not UTF-8. Save the file as UTF-8"
        raise SettingsError(msg) from None
    return parse_yaml(text, str(path))


def parse_yaml(text: str, source: str) -> Document:
    """Parse the text of a settings file; ``source`` is what messages call it."""
    _check_characters(text, source)
    document = Document({}, source, text.splitlines())
    try:
        values = _Builder(document, text).build()
    except yaml.MarkedYAMLError as error:
        raise _yaml_error(error, document) from None
    if not isinstance(values, dict):
        found = "a list" if isinstance(values, list) else "a single value"
        found = "nothing" if values is None else found
        msg = (
            f"{source}: holds {found}, not settings. Write `key: value` lines; "
            "hydro schema --format yaml prints a template"
        )
        raise SettingsError(msg)
    document.values = values
    return document


def parse_value(text: str, source: str) -> Any:
    """Parse one value as it would be read after ``key:`` in a settings file."""
    values = parse_yaml(f"value: {text}", source).values
    if len(values) > 1:
        msg = f"{source}: sets more than one value. Give each a {source.split()[0]} of its own"
        raise SettingsError(msg)
    return values["value"]


def _check_characters(text: str, source: str) -> None:
    if found := UNPRINTABLE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        msg = f"{source}:{line}:{column}: the character {found[0]!a} is not allowed. Take it out"
        raise SettingsError(msg)


def _yaml_error(error: yaml.MarkedYAMLError, document: Document) -> SettingsError:
    """Describe where YAML stops making sense."""
    mark = error.problem_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    text = document.lines[line] if line < len(document.lines) else ""
    hint = ". Indent with spaces, not tabs" if text[column : column + 1] == "\t" else ""
    msg = f"{document.source}:{line + 1}:{column + 1}: not valid YAML: {error.problem}{hint}"
    return SettingsError(msg)


class _Builder:
    """Builds values from YAML events; there are no tags, anchors or second documents."""

    def __init__(self, document: Document, text: str) -> None:
        self.document = document
        self.events = yaml.parse(text, Loader=LOADER)

    def build(self) -> Any:
        value: Any = None
        seen = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                seen += 1
                if seen > 1:
                    self._refuse(event, "a second document. Keep one experiment in one file")
                value = self._node(self._next(), ())
        return value

    def _node(self, event: Any, path: KeyPath) -> Any:
        self._check(event, path)
        self.document.value_positions[path] = _place(event)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        # A plain scalar's style is '' in libyaml's events and None in PyYAML's own.
        return None if not event.style and event.value in NULL_VALUES else event.value

    def _mapping(self, path: KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            self._check(event, path)
            if not isinstance(event, yaml.ScalarEvent):
                self._refuse(event, "a key that is not a word")
            key: str = event.value
            here = (*path, key)
            if key in values:
                first = self.document.key_positions[here][0]
                self._refuse(
                    event, f"'{key}' is set twice, first on line {first}. Keep one of them"
                )
            self.document.key_positions[here] = _place(event)
            values[key] = self._node(self._next(), here)
        return values

    def _sequence(self, path: KeyPath) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            values.append(self._node(event, (*path, len(values))))
        return values

    def _next(self) -> Any:
        return next(self.events)

    def _check(self, event: Any, path: KeyPath) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._refuse(event, "anchors and aliases are not read. Write the value out")
        tag = getattr(event, "tag", None)
        if tag and tag != "!":
            self._refuse(event, f"the tag {tag} is not read. Write a plain value")
        if len(path) > MAX_DEPTH:
            self._refuse(event, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.ScalarEvent) and "\0" in event.value:
            self._refuse(event, "a NUL character")

    def _refuse(self, event: Any, what: str) -> None:
        line, column = _place(event)
        msg = f"{self.document.source}:{line}:{column}: {what}"
        raise SettingsError(msg)


def _place(event: Any) -> Position:
    return event.start_mark.line + 1, event.start_mark.column + 1

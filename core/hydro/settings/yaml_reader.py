"""Reads YAML into plain text values, each with the line and column that it was written at."""

import codecs
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import yaml

from hydro.errors import SettingsError
from hydro.settings.fields import NULL_VALUES

MAX_BYTES = 1 << 20
"""A settings file has a few thousand."""
MAX_DEPTH = 20

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

UNPRINTABLE = yaml.reader.Reader.NON_PRINTABLE
"""Matches what no YAML file may hold: control characters and lone surrogates."""

KeyPath = tuple[str | int, ...]
"""The keys, and the numbers in lists, that lead to a value."""

Position = tuple[int, int]
"""Line and column, counted from 1."""


@dataclass(frozen=True)
class Document:
    """What a settings file holds.

    Scalars stay the text that was written: the setting's type, not YAML's guess, decides whether
    ``1e-4`` is a number, ``010`` is ten and ``on`` is a name. Only a plain empty value, ``~``,
    ``null`` or ``None`` is None.
    """

    values: Mapping[str, object]
    source: str
    lines: Sequence[str] = ()
    key_positions: Mapping[KeyPath, Position] = field(default_factory=dict)
    """Where each key starts."""
    value_positions: Mapping[KeyPath, Position] = field(default_factory=dict)
    """Where each value starts."""


def read_yaml(path: Path) -> Document:
    """Read a settings file.

    Raises:
        SettingsError: the file is missing, too large, not UTF-8 or not one plain YAML mapping.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}. Give the path of a YAML file"
        raise SettingsError(msg) from None
    if len(raw) > MAX_BYTES:
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
    builder = _Builder(text, source)
    try:
        values = builder.build()
    except yaml.MarkedYAMLError as error:
        raise _yaml_error(error, text, source) from None
    if not isinstance(values, dict):
        found = "a list" if isinstance(values, list) else "a single value"
        found = "nothing" if values is None else found
        msg = (
            f"{source}: holds {found}, not settings. Write `key: value` lines; "
            "hydro schema --format yaml prints a template"
        )
        raise SettingsError(msg)
    lines = text.splitlines()
    return Document(values, source, lines, builder.key_positions, builder.value_positions)


def parse_value(text: str, source: str) -> object:
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


def _yaml_error(error: yaml.MarkedYAMLError, text: str, source: str) -> SettingsError:
    """Describe where YAML stops making sense."""
    mark = error.problem_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.splitlines()
    character = lines[line][column : column + 1] if line < len(lines) else ""
    hint = ". Indent with spaces, not tabs" if character == "\t" else ""
    msg = f"{source}:{line + 1}:{column + 1}: not valid YAML: {error.problem}{hint}"
    return SettingsError(msg)


class _Builder:
    """Builds values from YAML events; tags, anchors and second documents are refused.

    Events and not nodes: libyaml's composer recurses before any check could run, so that a file of
    nested brackets would crash the process, and its nodes do not show anchors.
    """

    def __init__(self, text: str, source: str) -> None:
        self.source = source
        self.events: Iterator[yaml.Event] = yaml.parse(text, Loader=LOADER)
        self.key_positions: dict[KeyPath, Position] = {}
        self.value_positions: dict[KeyPath, Position] = {}

    def build(self) -> object:
        value: object = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse(event, "a second document. Keep one experiment in one file")
                value = self._node(next(self.events), ())
        return value

    def _node(self, event: yaml.Event, path: KeyPath) -> object:
        self._check(event, path)
        self.value_positions[path] = _position(event)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        assert isinstance(event, yaml.ScalarEvent)
        # A plain scalar's style is '' in libyaml's events and None in PyYAML's own.
        return None if not event.style and event.value in NULL_VALUES else event.value

    def _mapping(self, path: KeyPath) -> dict[str, object]:
        values: dict[str, object] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            self._check(event, path)
            if not isinstance(event, yaml.ScalarEvent):
                self._refuse(event, "a key that is not a word")
            key: str = event.value
            here = (*path, key)
            if key in values:
                first = self.key_positions[here][0]
                self._refuse(
                    event, f"'{key}' is set twice, first on line {first}. Keep one of them"
                )
            self.key_positions[here] = _position(event)
            values[key] = self._node(next(self.events), here)
        return values

    def _sequence(self, path: KeyPath) -> list[object]:
        values: list[object] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            values.append(self._node(event, (*path, len(values))))
        return values

    def _check(self, event: yaml.Event, path: KeyPath) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._refuse(event, "anchors and aliases are not read. Write the value out")
        tag = getattr(event, "tag", None)
        if tag and tag != "!":
            self._refuse(event, f"the tag {tag} is not read. Write a plain value")
        if len(path) > MAX_DEPTH:
            self._refuse(event, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.ScalarEvent) and "\0" in event.value:
            self._refuse(event, "a NUL character")

    def _refuse(self, event: yaml.Event, what: str) -> NoReturn:
        line, column = _position(event)
        msg = f"{self.source}:{line}:{column}: {what}"
        raise SettingsError(msg)


def _position(event: yaml.Event) -> Position:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)

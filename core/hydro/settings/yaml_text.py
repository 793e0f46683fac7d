"""Reads YAML into plain text values, each with the line and column that it was written at."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from hydro.errors import SettingsError
from hydro.settings.fields import NOTHING

LONGEST = 1 << 20
"""Bytes; a settings file is a few thousand."""
DEEPEST = 20

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path_ = tuple[str | int, ...]
Place = tuple[int, int]


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
    places: dict[Path_, Place] = field(default_factory=dict)
    """Where each key starts, as (line, column), counted from 1."""
    value_places: dict[Path_, Place] = field(default_factory=dict)


def read_yaml(path: Path) -> Document:
    """Read a settings file.

    Raises:
        SettingsError: the file is missing, too large, not UTF-8 or not one plain YAML mapping.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LONGEST + 1)
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}. Give the path of a YAML file"
        raise SettingsError(msg) from None
    if len(raw) > LONGEST:
        msg = f"{path}: larger than 1 MiB. That is no settings file"
        raise SettingsError(msg)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        msg = f"{path}:{line}: not UTF-8. Save the file as UTF-8"
        raise SettingsError(msg) from None
    return parse_yaml(text, str(path))


def parse_yaml(text: str, source: str) -> Document:
    """Parse the text of a settings file; ``source`` is what messages call it."""
    document = Document({}, source, text.splitlines())
    try:
        values = _Builder(document, text).build()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        said = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
        hint = ". Indent with spaces, not tabs" if "\\t" in said else ""
        msg = f"{source}{where}: not valid YAML: {said}{hint}"
        raise SettingsError(msg) from None
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
    parsed = parse_yaml(f"value: {text}", source)
    return parsed.values["value"]


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

    def _node(self, event: Any, path: Path_) -> Any:
        self._check(event, path)
        self.document.value_places[path] = _place(event)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        plain = event.style is None
        return None if plain and event.value in NOTHING else event.value

    def _mapping(self, path: Path_) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._refuse(event, "a key that is not a word")
            self._check(event, path)
            key: str = event.value
            here = (*path, key)
            if key in values:
                first = self.document.places[here][0]
                self._refuse(
                    event, f"'{key}' is set twice, first on line {first}. Keep one of them"
                )
            self.document.places[here] = _place(event)
            values[key] = self._node(self._next(), here)
        return values

    def _sequence(self, path: Path_) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            values.append(self._node(event, (*path, len(values))))
        return values

    def _next(self) -> Any:
        return next(self.events)

    def _check(self, event: Any, path: Path_) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._refuse(event, "anchors and aliases are not read. Write the value out")
        tag = getattr(event, "tag", None)
        if tag and tag != "!":
            self._refuse(event, f"the tag {tag} is not read. Write a plain value")
        if len(path) > DEEPEST:
            self._refuse(event, f"nested deeper than {DEEPEST} levels")
        if isinstance(event, yaml.ScalarEvent) and "\0" in event.value:
            self._refuse(event, "a NUL character")

    def _refuse(self, event: Any, what: str) -> None:
        line, column = _place(event)
        msg = f"{self.document.source}:{line}:{column}: {what}"
        raise SettingsError(msg)


def _place(event: Any) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1

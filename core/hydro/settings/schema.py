"""The settings of a composed model: their types, names, aliases and selectors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hydro.settings.fields import LEVELS, Level, Section, SettingMetadata, choices_of

BOUNDS = {
    annotated_types.Ge: ("ge", "≥"),
    annotated_types.Gt: ("gt", ">"),
    annotated_types.Le: ("le", "≤"),
    annotated_types.Lt: ("lt", "<"),
}

TYPE_NAMES: Mapping[object, str] = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    Path: "path",
}


@dataclass(frozen=True)
class SettingInfo:
    """One setting, as the table, the template, the JSON Schema and the documentation show it."""

    path: str
    kind: str
    """The type in words: ``number``, ``path``, ``list of names``."""
    choices: tuple[object, ...]
    bounds: str
    default: object
    required: bool
    help: str
    metadata: SettingMetadata

    @property
    def section(self) -> str:
        """The section it stands in; empty at the top of the file."""
        return self.path.rpartition(".")[0]

    @property
    def name(self) -> str:
        """Its key within the section."""
        return self.path.rpartition(".")[2]

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key that it is read from within its section, its name first."""
        alias = self.metadata.alias
        return (self.name, alias) if alias else (self.name,)

    def shown_at(self, level: Level) -> bool:
        """Return whether somebody of this experience is shown the setting."""
        return LEVELS.index(self.metadata.level) <= LEVELS.index(level)

    @property
    def rules(self) -> tuple[str, ...]:
        """Its rules, each as a sentence."""
        facts = self.metadata
        applies = [f"Only while {facts.applies_if}."] if facts.applies_if else []
        needed = [f"Must be given while {facts.required_if}."] if facts.required_if else []
        clashes = (
            [f"Must keep its default while {facts.conflicts_with}."] if facts.conflicts_with else []
        )
        return (*applies, *needed, *clashes)


@dataclass(frozen=True)
class Schema:
    """The settings of a composed model, by dotted name in display order."""

    settings: Mapping[str, SettingInfo]

    @classmethod
    def of(cls, model: type[Section]) -> "Schema":
        """Read the schema of a model."""
        return cls({each.path: each for each in _walk(model)})

    def __iter__(self) -> Iterator[SettingInfo]:
        """Iterate in display order.

        What must be given comes first in its section; a component's settings follow their selector.
        """
        return iter(self.settings.values())

    @cached_property
    def sections(self) -> frozenset[str]:
        """The names of the sections."""
        return frozenset(each.section for each in self if each.section)

    @cached_property
    def _by_key(self) -> Mapping[tuple[str, str], SettingInfo]:
        return {(each.section, key): each for each in self for key in each.keys}

    def find(self, section: str, key: str) -> SettingInfo | None:
        """Return the setting that a key of a section means, by its name or its alias."""
        return self._by_key.get((section, key))

    def sections_of(self, key: str) -> list[str]:
        """List the sections with a setting of a key, given by its name or its alias."""
        return [each.section for each in self if each.section and key in each.keys]

    def find_searchable(self, key: str) -> SettingInfo | None:
        """Return the setting of a key of a grid, given with its section or without."""
        section, dot, name = key.rpartition(".")
        eligible = (each for each in self if each.metadata.grid and name in each.keys)
        return next((each for each in eligible if not dot or each.section == section), None)

    def selector(self, kind: str) -> str | None:
        """Return the dotted name of the setting that selects the component of a kind, if any."""
        return next((each.path for each in self if each.metadata.component == kind), None)


def section_of(field: FieldInfo) -> type[Section] | None:
    """Return the model of a field that is a section, None for a setting."""
    annotation = field.annotation
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return None


def flatten(settings: BaseModel, prefix: str = "") -> dict[str, object]:
    """Return the values of all settings by dotted name."""
    values: dict[str, object] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, Section):
            values |= flatten(value, f"{prefix}{name}.")
        else:
            values[f"{prefix}{name}"] = value
    return values


def _walk(model: type[Section], prefix: str = "") -> Iterator[SettingInfo]:
    for name, field in _in_order(model):
        path = f"{prefix}{name}"
        if part := section_of(field):
            yield from _walk(part, f"{path}.")
        else:
            yield SettingInfo(
                path=path,
                kind=_kind(field.annotation),
                choices=choices_of(field),
                bounds=_bounds(field),
                default=None if field.is_required() else field.default,
                required=field.is_required(),
                help=field.description or "",
                metadata=SettingMetadata.of(field),
            )


def _in_order(model: type[Section]) -> Iterator[tuple[str, FieldInfo]]:
    # pydantic keeps inherited fields first, so what compose() added stands at the end.
    fields = sorted(model.model_fields.items(), key=lambda each: not each[1].is_required())
    owned = [(name, field) for name, field in fields if SettingMetadata.of(field).owner]
    for name, field in fields:
        facts = SettingMetadata.of(field)
        if not facts.owner:
            yield name, field
        if facts.component:
            names = choices_of(field)
            yield from (each for each in owned if SettingMetadata.of(each[1]).owner in names)


def _kind(annotation: object) -> str:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(args[0])
    if origin in (Union, UnionType):
        inner = [each for each in args if each is not NoneType]
        return _kind(inner[0]) + (" or nothing" if len(inner) < len(args) else "")
    if origin in (tuple, list):
        return f"list of {_kind(args[0])}s"
    if origin is Literal:
        return "choice"
    if origin is dict:
        return "map of key to list"
    return TYPE_NAMES.get(annotation, "value")


def _bounds(field: FieldInfo) -> str:
    bounds = [
        f"{BOUNDS[type(bound)][1]} {getattr(bound, BOUNDS[type(bound)][0])}"
        for bound in field.metadata
        if type(bound) in BOUNDS
    ]
    return ", ".join(bounds)

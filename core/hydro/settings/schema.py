"""Facts about every setting of a composed schema, parsed once into frozen records."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

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


@dataclass(frozen=True)
class SettingInfo:
    """One setting, as the table, the template, the JSON Schema and the documentation show it."""

    path: str
    kind: str
    """The type in words: ``number``, ``path``, ``list of names``."""
    choices: tuple[Any, ...]
    bounds: str
    default: Any
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


def list_settings(model: type[BaseModel], prefix: str = "") -> Iterator[SettingInfo]:
    """Walk a settings model in display order.

    What must be given comes first in its section; a component's settings follow their selector.
    """
    for name, field in _in_order(model):
        path = f"{prefix}{name}"
        if is_section(field):
            yield from list_settings(section_of(field), f"{path}.")
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


def _in_order(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
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


def is_section(field: FieldInfo) -> bool:
    """Tell a section from a setting."""
    return isinstance(field.annotation, type) and issubclass(field.annotation, Section)


def section_of(field: FieldInfo) -> type[Section]:
    """Return the model of a field that is a section."""
    annotation: Any = field.annotation
    return annotation  # type: ignore[no-any-return]


def flatten(settings: BaseModel, prefix: str = "") -> dict[str, Any]:
    """Return the values of all settings by dotted name."""
    values: dict[str, Any] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, Section):
            values |= flatten(value, f"{prefix}{name}.")
        else:
            values[f"{prefix}{name}"] = value
    return values


def _kind(annotation: Any) -> str:
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
    plain = {bool: "true or false", int: "whole number", float: "number", str: "text", Path: "path"}
    return plain.get(annotation, "value")


def _bounds(field: FieldInfo) -> str:
    said = [
        f"{BOUNDS[type(bound)][1]} {getattr(bound, BOUNDS[type(bound)][0])}"
        for bound in field.metadata
        if type(bound) in BOUNDS
    ]
    return ", ".join(said)

"""How one setting is declared: its default, its help, and the rules it takes part in."""

import re
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator
from pydantic.fields import FieldInfo

from hydro.settings.rules import Rule

Level = Literal["novice", "intermediate", "expert", "master"]
LEVELS: tuple[Level, ...] = ("novice", "intermediate", "expert", "master")

NULL_VALUES = frozenset({"", "~", "null", "Null", "NULL", "None"})
"""What people write for no value; the reference system exports the word None."""

EXPONENT = re.compile(r"[+-]?\d+(\.\d+)?[eE]\+?\d")
"""A number as in 1e3, which a setting that is a whole number takes as well."""


@dataclass(frozen=True)
class SettingMetadata:
    """What hydro knows of a setting beyond its type, default and bounds."""

    level: Level = "novice"
    grid: bool = False
    component: str | None = None
    applies_if: Rule | None = None
    required_if: Rule | None = None
    conflicts_with: Rule | None = None
    alias: str | None = None
    folder_or_name: bool = False
    owner: str | None = None

    @classmethod
    def of(cls, field: FieldInfo) -> "SettingMetadata":
        """Read the metadata of a declared field; a field without any has the defaults."""
        extra = field.json_schema_extra
        stored: object = extra.get(METADATA_KEY) if isinstance(extra, dict) else None
        return stored if isinstance(stored, cls) else cls()

    def as_extra(self) -> dict[str, JsonValue]:
        """Return what pydantic keeps of it in a field; it is no JSON until it is exported."""
        return cast("dict[str, JsonValue]", {METADATA_KEY: self})


METADATA_KEY = "x-hydro"


def setting(
    default: object = ...,
    *,
    help: str,
    level: Level = "novice",
    grid: bool = False,
    component: str | None = None,
    applies_if: Rule | None = None,
    required_if: Rule | None = None,
    conflicts_with: Rule | None = None,
    alias: str | None = None,
    folder_or_name: bool = False,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    min_length: int | None = None,
) -> Any:
    """Declare a setting.

    Args:
        default: The value when the YAML does not give one; ``...`` makes the setting required.
        help: One sentence for the user, unit included.
        level: The least experience that is shown it.
        grid: Whether it may be searched over.
        component: The kind of component whose name it holds.
        applies_if: Where this does not hold, the value is kept and ignored.
        required_if: While this holds, it must be given.
        conflicts_with: While this holds, it must keep its default.
        alias: Another key that it is read from.
        folder_or_name: Whether a text that names a folder becomes its absolute path, as the paths
            of settings of type `Path` do.
        ge: The smallest value.
        gt: What the value must exceed.
        le: The largest value.
        lt: What the value must stay below.
        min_length: The shortest list or text.
    """
    metadata = SettingMetadata(
        level, grid, component, applies_if, required_if, conflicts_with, alias, folder_or_name
    )
    return Field(
        default,
        description=help,
        json_schema_extra=metadata.as_extra(),
        min_length=min_length,
        ge=ge,
        gt=gt,
        le=le,
        lt=lt,
    )


def section() -> Any:
    """Declare a section: left out of the YAML, all its settings have their defaults."""
    return Field(default={}, validate_default=True)


class Section(BaseModel):
    """A group of settings; frozen, and closed to keys it does not declare."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False, strict=False
    )

    @model_validator(mode="before")
    @classmethod
    def _normalize(cls, given: object) -> object:
        """Read nothing as None where None is a value, else as if the key were absent."""
        if given is None:
            return {}
        if not isinstance(given, dict):
            return given
        read: dict[str, object] = {}
        for name, value in given.items():
            field = cls.model_fields.get(name)
            if field is None or value not in (None, "None"):
                read[name] = _whole(value) if field and int in _types_of(field) else value
            elif "None" in choices_of(field):
                read[name] = "None"
            elif NoneType in _types_of(field):
                read[name] = None
        return read


def _whole(value: object) -> object:
    """Read 1e3 as the whole number that it is."""
    if isinstance(value, str) and EXPONENT.fullmatch(value) and float(value).is_integer():
        return int(float(value))
    return value


def _types_of(field: FieldInfo) -> tuple[object, ...]:
    return (field.annotation, *getattr(field.annotation, "__args__", ()))


def choices_of(field: FieldInfo) -> tuple[object, ...]:
    """List the values a field is limited to; empty when it is not, ``list`` choices included."""
    for annotation in _types_of(field):
        if getattr(annotation, "__origin__", None) is Literal:
            return tuple(getattr(annotation, "__args__", ()))
    return ()

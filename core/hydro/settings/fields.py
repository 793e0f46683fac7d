"""How one setting is declared: its default, its help, and the rules it takes part in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.fields import FieldInfo

Level = Literal["novice", "intermediate", "expert", "master"]
LEVELS: tuple[Level, ...] = ("novice", "intermediate", "expert", "master")

NULL_VALUES = frozenset({"", "~", "null", "Null", "NULL", "None"})
"""What people write for no value; the reference system exports the word None."""

EXPONENT = re.compile(r"[+-]?\d+(\.\d+)?[eE]\+?\d")
"""A number as in 1e3, which a setting that is a whole number takes as well."""


@dataclass(frozen=True)
class Rule:
    """A condition on another setting, as data: it is evaluated, printed and exported."""

    path: str
    values: tuple[Any, ...]
    negated: bool = False

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Evaluate against settings by dotted name."""
        value = values.get(self.path)
        listed = tuple(value) if isinstance(value, list | tuple) else ()
        found = value in self.values or any(each in self.values for each in listed)
        return found is not self.negated

    def __str__(self) -> str:
        """Describe the condition as ``training.loss_function is ArcFace``."""
        listed = " or ".join(_to_yaml_text(value) for value in self.values)
        return f"{self.path} is {'not ' if self.negated else ''}{listed}"


def only_if(path: str, *values: Any) -> Rule:
    """Hold while the setting at ``path`` has one of the values."""
    return Rule(path, values)


def unless(path: str, *values: Any) -> Rule:
    """Hold while the setting at ``path`` has none of the values."""
    return Rule(path, values, negated=True)


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
    owner: str | None = None

    @classmethod
    def of(cls, field: FieldInfo) -> "SettingMetadata":
        """Read the facts back from a declared field; a field without them has the defaults."""
        extra = field.json_schema_extra
        facts = extra.get("x-hydro") if isinstance(extra, dict) else None
        return facts if isinstance(facts, cls) else cls()


def setting(default: Any = ..., *, help: str, **facts: Any) -> Any:
    """Declare a setting.

    Args:
        default: The value when the YAML does not give one; ``...`` makes the setting required.
        help: One sentence for the user, unit included.
        **facts: ``level`` (novice, intermediate, expert or master: the lowest that is shown it),
            ``grid`` (may be searched over), ``component`` (the kind of component whose name it
            holds), ``when`` (a rule: elsewhere the value is kept and ignored), ``required`` (a
            rule: must be given while it holds), ``clashes`` (a rule: must keep its default while
            it holds), ``alias`` (another key it is read from). Everything else is a bound of
            ``pydantic.Field``: ``ge``, ``gt``, ``le``, ``lt``, ``min_length``.
    """
    known = {
        name: facts.pop(name)
        for name in tuple(facts)
        if name in SettingMetadata.__dataclass_fields__
    }
    extra: Any = {"x-hydro": SettingMetadata(**known)}
    return Field(default, description=help, json_schema_extra=extra, **facts)


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
    def _read_as_meant(cls, given: Any) -> Any:
        """Read nothing as None where None is a value, else as if the key were absent."""
        if given is None:
            return {}
        if not isinstance(given, dict):
            return given
        read: dict[str, Any] = {}
        for name, value in given.items():
            field = cls.model_fields.get(name)
            if field is None or value not in (None, "None"):
                read[name] = _whole(value) if field and int in _types_of(field) else value
            elif "None" in choices_of(field):
                read[name] = "None"
            elif NoneType in _types_of(field):
                read[name] = None
        return read


def _whole(value: Any) -> Any:
    """Read 1e3 as the whole number that it is."""
    if isinstance(value, str) and EXPONENT.fullmatch(value) and float(value).is_integer():
        return int(float(value))
    return value


def _types_of(field: FieldInfo) -> tuple[Any, ...]:
    return (field.annotation, *getattr(field.annotation, "__args__", ()))


def choices_of(field: FieldInfo) -> tuple[Any, ...]:
    """List the values a field is limited to; empty when it is not, ``list`` choices included."""
    for annotation in _types_of(field):
        if getattr(annotation, "__origin__", None) is Literal:
            return tuple(annotation.__args__)
    return ()


def _to_yaml_text(value: Any) -> str:
    """Describe a value as the YAML would."""
    if isinstance(value, tuple):
        return str([*value])
    return str(value).lower() if isinstance(value, bool) else str(value)

"""How one setting is declared: its default, its help, and the rules it takes part in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator
from pydantic.fields import FieldInfo

Level = Literal["novice", "intermediate", "expert", "master"]
LEVELS: tuple[Level, ...] = ("novice", "intermediate", "expert", "master")

NOTHING = frozenset({"", "~", "null", "Null", "NULL", "None"})
"""What people write for no value; the reference system exports the word None."""


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
        """Say the condition as ``training.loss_function is ArcFace``."""
        listed = " or ".join(_spoken(value) for value in self.values)
        return f"{self.path} is {'not ' if self.negated else ''}{listed}"


def only_if(path: str, *values: Any) -> Rule:
    """Hold while the setting at ``path`` has one of the values."""
    return Rule(path, values)


def unless(path: str, *values: Any) -> Rule:
    """Hold while the setting at ``path`` has none of the values."""
    return Rule(path, values, negated=True)


@dataclass(frozen=True)
class Facts:
    """What hydro knows of a setting beyond its type, default and bounds."""

    level: Level = "novice"
    grid: bool = False
    component: str | None = None
    when: Rule | None = None
    required: Rule | None = None
    clashes: Rule | None = None
    alias: str | None = None
    planned: bool = False
    owner: str | None = None

    @classmethod
    def of(cls, field: FieldInfo) -> "Facts":
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
            it holds), ``alias`` (another key it is read from), ``planned`` (declared so that files
            of the reference system load, refused when set). Everything else is a bound of
            ``pydantic.Field``: ``ge``, ``gt``, ``le``, ``lt``, ``min_length``.
    """
    known = {name: facts.pop(name) for name in tuple(facts) if name in Facts.__dataclass_fields__}
    extra: Any = {"x-hydro": Facts(**known)}
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
    def _read_nothing(cls, given: Any, info: ValidationInfo) -> Any:
        """Read an empty value as None where None is a value, else as if the key were absent."""
        if given is None:
            return {}
        if not isinstance(given, dict):
            return given
        read = {name: _nothing_is_none(value) for name, value in given.items()}
        return {
            name: "None" if value is None and _has_choice_none(cls, name) else value
            for name, value in read.items()
            if value is not None or name not in cls.model_fields or _takes_none(cls, name)
        }


def _nothing_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and value == "None" else value


def _has_choice_none(model: type[BaseModel], name: str) -> bool:
    return name in model.model_fields and "None" in choices_of(model.model_fields[name])


def _takes_none(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields[name]
    return type(None) in getattr(field.annotation, "__args__", ()) or _has_choice_none(model, name)


def choices_of(field: FieldInfo) -> tuple[Any, ...]:
    """List the values a field is limited to; empty when it is not, ``list`` choices included."""
    annotations = [field.annotation, *getattr(field.annotation, "__args__", ())]
    for annotation in annotations:
        if getattr(annotation, "__origin__", None) is Literal:
            return tuple(annotation.__args__)
    return ()


def _spoken(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

"""Conditions on other settings, as data: evaluated, printed and exported."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Whether a setting has one of some values, or none of them."""

    path: str
    values: tuple[object, ...]
    negated: bool = False

    def holds(self, values: Mapping[str, object]) -> bool:
        """Evaluate against settings by dotted name."""
        value = values.get(self.path)
        listed = tuple(value) if isinstance(value, list | tuple) else ()
        found = value in self.values or any(each in self.values for each in listed)
        return found is not self.negated

    def __str__(self) -> str:
        """Describe the condition as ``training.loss_function is ArcFace``."""
        listed = " or ".join(_to_yaml_text(value) for value in self.values)
        return f"{self.path} is {'not ' if self.negated else ''}{listed}"


def only_if(path: str, *values: object) -> Rule:
    """Hold while the setting at ``path`` has one of the values."""
    return Rule(path, values)


def unless(path: str, *values: object) -> Rule:
    """Hold while the setting at ``path`` has none of the values."""
    return Rule(path, values, negated=True)


def _to_yaml_text(value: object) -> str:
    """Describe a value as the YAML would."""
    if isinstance(value, tuple):
        return str([*value])
    return str(value).lower() if isinstance(value, bool) else str(value)

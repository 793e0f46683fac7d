"""Map the search space to Optuna parameters, and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from hydro.settings.search_space import SearchSpace, Values

if TYPE_CHECKING:
    import optuna

Key = bool | int | float | str | None
"""A value of an Optuna parameter."""

MIN_ORDERED = 3
"""Numbers from which on a list is ordered: of two, none lies between others."""


@dataclass(frozen=True)
class OptunaParameters:
    """The lists of a search as parameters of Optuna, by dotted name.

    A list of numbers becomes their ranks, so that a good value represents the numbers beside it;
    any other list becomes the names of its values.
    """

    space: SearchSpace

    def suggest(self, trial: "optuna.Trial") -> Values:
        """Return a combination that Optuna suggests."""

        def pick(path: str) -> object:
            values = self._mapping(path)
            if _is_ordered(self.space.lists[path]):
                return values[trial.suggest_int(path, 0, len(values) - 1)]
            return values[trial.suggest_categorical(path, [*values])]

        return self.space.sample(pick)

    def read(self, parameters: Mapping[str, Key]) -> Values:
        """Convert Optuna's parameters to a combination."""
        return self.space.sample(lambda path: self._mapping(path)[parameters[path]])

    def write(self, values: Mapping[str, object]) -> dict[str, Key]:
        """Convert a combination to Optuna's parameters."""
        return {
            path: next(key for key, each in self._mapping(path).items() if each == value)
            for path, value in values.items()
        }

    def _mapping(self, path: str) -> Mapping[Key, object]:
        """Map the values of Optuna's parameter to those of the list."""
        values = self.space.lists[path]
        if _is_ordered(values):
            return dict(enumerate(sorted(values)))
        return {_name(value): value for value in values}


def _is_ordered(values: list[object]) -> TypeGuard[list[float]]:
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in values)
    return numbers and len(values) >= MIN_ORDERED


def _name(value: object) -> Key:
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)

"""How Optuna is told of the values that are searched over, and what it is told of a combination."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from hydro.settings.search_space import SearchSpace, Values

if TYPE_CHECKING:
    import optuna

MIN_ORDERED = 3
"""Of two numbers, either is as near to the other as the other way round."""


@dataclass(frozen=True)
class OptunaParameters:
    """The lists of a search as parameters of Optuna, by dotted name.

    A list of numbers becomes their ranks, so that a good value represents the numbers beside it;
    any other list becomes the names of its values.
    """

    space: SearchSpace

    def suggest(self, trial: "optuna.Trial") -> Values:
        """Have Optuna make a combination."""

        def pick(path: str) -> Any:
            told = self._mapping(path)
            if _is_ordered(self.space.lists[path]):
                return told[trial.suggest_int(path, 0, len(told) - 1)]
            return told[trial.suggest_categorical(path, [*told])]

        return self.space.sample(pick)

    def read(self, parameters: Mapping[str, Any]) -> Values:
        """Return the combination that Optuna's parameters stand for."""
        return self.space.sample(lambda path: self._mapping(path)[parameters[path]])

    def write(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters that stand for a combination."""
        return {
            path: next(told for told, each in self._mapping(path).items() if each == value)
            for path, value in values.items()
        }

    def _mapping(self, path: str) -> dict[Any, Any]:
        """Map what Optuna is told to the values themselves."""
        values = self.space.lists[path]
        if _is_ordered(values):
            return dict(enumerate(sorted(values)))
        return {_name(value): value for value in values}


def _is_ordered(values: list[object]) -> TypeGuard[list[float]]:
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in values)
    return numbers and len(values) >= MIN_ORDERED


def _name(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)

"""What is searched over: the values listed for each setting, and which of them apply together."""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from hydro.settings.rules import Rule
from hydro.settings.schema import Schema, flatten
from hydro.settings.sections import Settings

Values = dict[str, object]
"""One combination: the values of the searched settings that apply in it, by dotted name."""


@dataclass(frozen=True)
class SearchSpace:
    """The combinations there are, of which those that differ only in what does not apply are one.

    With a loss that has no margin, say, no margin is chosen, whatever the list of margins says.
    """

    lists: Mapping[str, list[object]]
    rules: Mapping[str, Rule]
    """When each searched setting applies, where that depends on another one."""
    defaults: Mapping[str, object]
    """The settings as they are where nothing is chosen."""

    @classmethod
    def of(cls, settings: Settings) -> "SearchSpace":
        """Return the space of checked settings."""
        lists = settings.grid_search
        rules = {each.path: each.metadata.applies_if for each in Schema.of(type(settings))}
        found = {path: rule for path in lists if (rule := rules[path]) is not None}
        return cls(lists, found, flatten(settings))

    @property
    def size(self) -> int:
        """The product of the lengths of the lists; there are at most as many combinations."""
        return math.prod(len(each) for each in self.lists.values())

    def sample(self, pick: Callable[[str], object]) -> Values:
        """Make one combination; ``pick`` is asked for the value of each setting that applies."""
        values = dict(self.defaults)
        chosen: Values = {}
        for path in self._selectors_first():
            if path not in self.rules or self.rules[path].holds(values):
                values[path] = chosen[path] = pick(path)
        return {path: chosen[path] for path in self.lists if path in chosen}

    def combination_at(self, number: int) -> Values:
        """Return the combination of a number from 0 to ``size``; several may have the same."""
        places = {}
        for path, values in reversed([*self.lists.items()]):
            number, places[path] = divmod(number, len(values))
        return self.sample(lambda path: self.lists[path][places[path]])

    def combinations(self) -> Iterator[Values]:
        """Return every combination once, the last list changing fastest."""
        seen: set[str] = set()
        for each in itertools.product(*self.lists.values()):
            values = self.sample(dict(zip(self.lists, each, strict=True)).__getitem__)
            if repr(values) not in seen:
                seen.add(repr(values))
                yield values

    def inactive(self) -> Iterator[str]:
        """Describe which lists change nothing, because their setting applies in no combination."""
        for path, rule in self.rules.items():
            tried = self.lists.get(rule.path, [self.defaults.get(rule.path)])
            if not any(rule.holds({rule.path: value}) for value in tried):
                yield (
                    f"grid_search.{path} does not apply here (only while {rule}); "
                    "it is kept and ignored"
                )

    def _selectors_first(self) -> Iterator[str]:
        """Order the searched settings so that each comes after the one that its rule asks for."""
        left = list(self.lists)
        while left:
            # Two rules that ask for each other would leave none; then the first one starts.
            free = (path for path in left if not self._waits(path, left))
            path = next(free, left[0])
            left.remove(path)
            yield path

    def _waits(self, path: str, left: list[str]) -> bool:
        return path in self.rules and self.rules[path].path in left

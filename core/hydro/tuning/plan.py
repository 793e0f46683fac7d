"""The runs of an experiment: combinations of values times folds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hydro.settings.grid_search import with_values
from hydro.settings.search_space import SearchSpace
from hydro.settings.sections import Settings


@dataclass(frozen=True)
class PlannedRun:
    """One model to train."""

    name: str
    """The name of its folder in the experiment's."""
    values: Mapping[str, object]
    """The tuned settings, by dotted name."""
    fold: str | None
    settings: Settings
    """Complete: running these alone repeats the run."""

    def __str__(self) -> str:
        """Describe its name, its values and its fold."""
        fold = [] if self.fold is None else [f"fold {self.fold}"]
        tried = [f"{name.rpartition('.')[2]}={value}" for name, value in self.values.items()]
        return "  ".join([f"run {self.name}", *tried, *fold])


def plan(settings: Settings, folds: Sequence[str]) -> list[PlannedRun]:
    """Return the runs of a grid: every combination on every fold.

    Args:
        settings: of the experiment, with a fixed seed.
        folds: the folds to hold out in turn; empty if the strategy has none.
    """
    combinations = enumerate(SearchSpace.of(settings).combinations())
    return [run for each in combinations for run in plan_combination(settings, folds, *each)]


def plan_combination(
    settings: Settings, folds: Sequence[str], number: int, values: Mapping[str, object]
) -> list[PlannedRun]:
    """Return the runs of one combination, which has this number in the experiment."""
    held_out = _held_out(folds)
    first = number * len(held_out)
    return [
        _planned(f"{at:03d}", settings, values, fold) for at, fold in enumerate(held_out, first)
    ]


def describe_plan(settings: Settings, folds: Sequence[str]) -> str:
    """Describe the number of runs to train, as combinations times folds."""
    space, held_out = SearchSpace.of(settings), _held_out(folds)
    if settings.search.strategy == "Grid":
        count, most = sum(1 for _ in space.combinations()), ""
        tried = _count(count, "combination")
    else:
        count, most = min(settings.search.trials, space.size), "at most "
        tried = f"{count:,} of up to {_count(space.size, 'combination')}"
    runs = _count(count * len(held_out), "run")
    return f"{most}{runs} to train: {tried} on {_count(len(held_out), 'fold')}"


def _held_out(folds: Sequence[str]) -> Sequence[str | None]:
    return [*dict.fromkeys(folds)] or [None]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _planned(
    name: str, settings: Settings, values: Mapping[str, object], fold: str | None
) -> PlannedRun:
    held_out = {} if fold is None else {"dataset.folds": (fold,)}
    return PlannedRun(name, values, fold, with_values(settings, {**values, **held_out}))

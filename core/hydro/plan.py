"""Turns the settings of an experiment into its runs: combinations of a search times folds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hydro.settings.grid import combinations, with_values
from hydro.settings.sections import Settings


@dataclass(frozen=True)
class PlannedRun:
    """One model to train."""

    name: str
    """Of its folder within the experiment's."""
    values: Mapping[str, Any]
    """What is searched over, by dotted name."""
    fold: str | None
    settings: Settings
    """Complete: running these alone repeats the run."""


def plan(settings: Settings, folds: Sequence[str]) -> list[PlannedRun]:
    """List the runs: every combination on every fold.

    Args:
        settings: Of the experiment; what is left to chance has been drawn.
        folds: The ids to hold out in turn; none where the strategy has none.
    """
    held_out: list[str | None] = [*dict.fromkeys(folds)] or [None]
    pairs = [(values, fold) for values in combinations(settings) for fold in held_out]
    return [_planned(f"{at:03d}", settings, *pair) for at, pair in enumerate(pairs)]


def _planned(
    name: str, settings: Settings, values: Mapping[str, Any], fold: str | None
) -> PlannedRun:
    held_out = {} if fold is None else {"dataset.folds": (fold,)}
    return PlannedRun(name, values, fold, with_values(settings, {**values, **held_out}))

"""Settings of hyperparameter search."""

from typing import Literal

from hydro.settings.fields import Section, setting
from hydro.settings.rules import unless

SEARCHES = unless("grid_search", {})
CHOOSES = unless("search.strategy", "Grid")


class SearchSection(Section):
    """Which combinations of the listed values are tried, and in which order."""

    strategy: Literal["Grid", "Random", "TPE"] = setting(
        "Grid",
        help="Grid tries every combination; Random some, drawn by the seed; TPE some, each chosen "
        "by what did well before (a tree-structured Parzen estimator).",
        level="intermediate",
        applies_if=SEARCHES,
    )
    trials: int = setting(
        20,
        help="How many combinations to try, each on all chosen folds.",
        level="intermediate",
        ge=1,
        applies_if=CHOOSES,
    )
    hours: float | None = setting(
        None,
        help="Once all runs together have trained this long, no other combination is begun; "
        "nothing sets no limit.",
        level="intermediate",
        gt=0,
        applies_if=CHOOSES,
    )
    pruning: bool = setting(
        False,
        help="Stop a combination whose best validation so far is worse than the median of the "
        "others at the same point; the first five are never stopped.",
        level="intermediate",
        applies_if=CHOOSES,
    )

"""Settings of hyperparameter search."""

from typing import Literal

from hydro.settings.fields import Section, setting
from hydro.settings.rules import unless

SEARCHES = unless("grid_search", {})
CHOOSES = unless("search.strategy", "Grid")


class SearchSection(Section):
    """Hyperparameter search over `grid_search`."""

    strategy: Literal["Grid", "Random", "TPE"] = setting(
        "Grid",
        help="Search algorithm. Grid: every combination; Random: combinations sampled by the seed; "
        "TPE: tree-structured Parzen estimator.",
        level="intermediate",
        applies_if=SEARCHES,
    )
    trials: int = setting(
        20,
        help="Number of combinations to try, each on all selected folds.",
        level="intermediate",
        ge=1,
        applies_if=CHOOSES,
    )
    hours: float | None = setting(
        None,
        help="Start no new trial after this many hours of training. Default: no limit.",
        level="intermediate",
        gt=0,
        applies_if=CHOOSES,
    )
    pruning: bool = setting(
        False,
        help="Median pruning: stop a trial whose best validation metric is worse than the median "
        "of the other trials at the same epoch; the first five trials are never stopped.",
        level="intermediate",
        applies_if=CHOOSES,
    )

"""How two experiments differ: in their settings, and on the rows that both held out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydro.artifacts.experiments import settings_of, summarize
from hydro.artifacts.run_folder import RunFolder
from hydro.errors import DataError, SettingsError
from hydro.evaluation.held_out import HeldOut, read_held_out
from hydro.plugins.metrics import Metrics, RowMetric
from hydro.plugins.predictions import defined_rows
from hydro.settings.schema import Schema

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

SPLIT = "validation"


@dataclass(frozen=True)
class Change:
    """A metric of two experiments on the same rows."""

    metric: str
    rows: int
    """On which it is defined for both."""
    first: float
    second: float
    interval: tuple[float, float] | None
    """95 % of the change from first to second, paired over rows; None for too few rows."""
    verdict: str
    """Of the second: better, worse, not clearly different, or that there are too few rows."""


@dataclass(frozen=True)
class Comparison:
    """Two experiments beside each other."""

    settings: Mapping[str, tuple[str | None, str | None]]
    """Those that differ, by dotted name; None where an experiment has no such setting."""
    rows: int
    """That both held out."""
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]
    """What the reader should know, a sentence each."""


def compare_experiments(
    first: RunFolder,
    second: RunFolder,
    metrics: Metrics,
    directions: Mapping[str, bool],
    schema: Schema | None = None,
) -> Comparison:
    """Compare two finished experiments on the rows that both held out.

    Where an experiment has several runs, those of the best combination speak for it, one a fold.

    Args:
        first: what is compared with.
        second: what is compared.
        metrics: those of the problem, by name, built.
        directions: whether higher is better, by metric; others are left out.
        schema: the settings of the problem, for what earlier versions called otherwise.

    Raises:
        SettingsError: they solve different problems.
        ResourceError: one has not finished, or its predictions are not there.
        DataError: no row was held out by both.
    """
    summaries = [summarize(each) for each in (first, second)]
    problems = [each.problem for each in summaries]
    if problems[0] != problems[1]:
        msg = f"{first.name} is of {problems[0]}, {second.name} of {problems[1]}: nothing compares"
        raise SettingsError(msg)
    notes = [
        f"{each.name} is {mark}: {why}" for each in summaries for mark, why in each.marks.items()
    ]
    differing = _differing(settings_of(first, schema), settings_of(second, schema))
    told = [name for name in differing if name.startswith("prediction.")]
    if others := [name for name in told if name != "prediction.metric"]:
        notes.append(f"{', '.join(others)}: differs, so a metric may not mean the same")
    rows, changes = _changes(first, second, metrics, directions, notes)
    return Comparison(differing, rows, tuple(changes), tuple(notes))


def _differing(
    first: Mapping[str, str], second: Mapping[str, str]
) -> dict[str, tuple[str | None, str | None]]:
    names = dict.fromkeys([*first, *second])
    return {
        name: (first.get(name), second.get(name))
        for name in names
        if first.get(name) != second.get(name)
    }


def _changes(
    first: RunFolder,
    second: RunFolder,
    metrics: Metrics,
    directions: Mapping[str, bool],
    notes: list[str],
) -> tuple[int, list[Change]]:
    held = one, other = read_held_out(first, SPLIT), read_held_out(second, SPLIT)
    shared = _shared_rows(one.frame, other.frame)
    if not len(shared):
        msg = (
            f"{first.name} and {second.name} held out no row in common, so their scores cannot be "
            "compared. Run one with the split of the other: the same table, strategy, folds and "
            "seed"
        )
        raise DataError(msg)
    sizes = [len(each.frame) for each in held]
    if not len(shared) == sizes[0] == sizes[1]:
        notes.append(
            f"compared on the {len(shared):,} rows that both held out, of {sizes[0]:,} and "
            f"{sizes[1]:,}; each was scored within its own split, so a part of the change may "
            "be the split's"
        )
    changes, widened = [], []
    for name in (each for each in one.values if each in other.values and each in metrics):
        found = _change(name, held, shared, metrics[name], higher_is_better=directions[name])
        if found is None:
            continue
        changes.append(found[0])
        if found[1]:
            widened.append(name)
    if widened:
        notes.append(
            f"{', '.join(widened)}: rows are searched for among each other, and what that does to "
            "an interval is only known where both held out the same rows and both were trained by "
            "this version or a later one. The intervals are twice as wide as for independent rows"
        )
    if missing := [each.rows for each in changes if each.interval is None]:
        from hydro.evaluation.scores import too_few

        notes.append(too_few(min(missing)))
    return len(shared), changes


def _change(
    name: str,
    held: tuple[HeldOut, HeldOut],
    shared: "pd.Index[int]",
    metric: RowMetric,
    *,
    higher_is_better: bool,
) -> tuple[Change, bool] | None:
    """Compare by one metric, and return whether the interval is widened; None if undefined."""
    import numpy as np

    from hydro.evaluation.intervals import change_interval
    from hydro.evaluation.scores import verdict

    at = [each.frame.index.get_indexer(shared) for each in held]
    before, after = (each.values[name][rows] for each, rows in zip(held, at, strict=True))
    defined = defined_rows(before) & defined_rows(after)
    if not defined.any():
        return None
    before, after = before[defined], after[defined]
    scores = metric.score(before), metric.score(after)
    if not np.isfinite(scores).all():
        return None
    owed = _change_owed(name, *held)
    interval = change_interval(metric, before, after, owed)
    bounds = None if interval is None else (interval[0], interval[1])
    said = verdict(interval, higher_is_better=higher_is_better)
    widened = bounds is not None and owed is None and not metric.independent_rows
    return Change(name, len(after), *scores, bounds, said), widened


def _change_owed(name: str, one: HeldOut, other: HeldOut) -> "NDArray[np.float64] | None":
    """Return what the change owes to each row; None unless all rows are the same."""
    import numpy as np

    same = one.sizes == other.sizes and one.frame.equals(other.frame)
    both = one.leave_one_out.get(name), other.leave_one_out.get(name)
    if not same or both[0] is None or both[1] is None:
        return None
    first, second = (defined_rows(each.values[name]) for each in (one, other))
    return both[1] - both[0] if np.array_equal(first, second) else None


def _shared_rows(one: "pd.DataFrame", other: "pd.DataFrame") -> "pd.Index[int]":
    """Return the numbers of the rows that are the same in both, in the columns that both have."""
    numbers = one.index.intersection(other.index).sort_values()
    columns = [name for name in one if name in other]
    if not columns:
        return numbers[:0]
    same = one.loc[numbers, columns].eq(other.loc[numbers, columns]).all(axis=1)
    return numbers[same.to_numpy()]

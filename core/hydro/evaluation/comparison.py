"""How two experiments differ: in their settings, and on the rows that both held out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydro.artifacts.experiments import best_runs, settings_of, summarize
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import read_status
from hydro.errors import DataError, ResourceError, SettingsError
from hydro.evaluation.predictions_file import read_values
from hydro.plugins.metrics import Metrics
from hydro.settings.schema import Schema

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Held = tuple[pd.DataFrame, dict[str, NDArray[np.float64]]]
    """Rows, numbered as in their file, and what each contributes to each metric."""

SPLIT = "validation"


@dataclass(frozen=True)
class Change:
    """A metric of two experiments on the same rows."""

    metric: str
    rows: int
    """On which it is defined for both."""
    first: float
    second: float
    interval: tuple[float, float]
    """95 % of the change from first to second, by a bootstrap paired over rows."""
    verdict: str
    """Of the second: better, worse or not clearly different."""


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
    problems = [summarize(each).problem for each in (first, second)]
    if problems[0] != problems[1]:
        msg = f"{first.name} is of {problems[0]}, {second.name} of {problems[1]}: nothing compares"
        raise SettingsError(msg)
    notes: list[str] = []
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

    from hydro.evaluation.bootstrap import change_interval
    from hydro.evaluation.scores import verdict
    from hydro.plugins.predictions import defined_rows

    (one, values), (other, others) = _held_out(first), _held_out(second)
    shared = _shared_rows(one, other)
    if not len(shared):
        msg = (
            f"{first.name} and {second.name} held out no row in common, so their scores cannot be "
            "compared. Run one with the split of the other: the same table, strategy, folds and "
            "seed"
        )
        raise DataError(msg)
    if not len(shared) == len(one) == len(other):
        notes.append(
            f"compared on the {len(shared):,} rows that both held out, of {len(one):,} and "
            f"{len(other):,}; each was scored within its own split, so a part of the change may "
            "be the split's"
        )
    at, other_at = one.index.get_indexer(shared), other.index.get_indexer(shared)
    changes = []
    for name in (each for each in values if each in others and each in metrics):
        before, after = values[name][at], others[name][other_at]
        defined = defined_rows(before) & defined_rows(after)
        if not defined.any():
            continue
        before, after = before[defined], after[defined]
        low, high = change_interval(metrics[name], before, after)
        changes.append(
            Change(
                name,
                len(after),
                metrics[name].score(before),
                metrics[name].score(after),
                (low, high),
                verdict(low, high, higher_is_better=directions[name]),
            )
        )
    return len(shared), changes


def _held_out(folder: RunFolder) -> "Held":
    """Read what an experiment's models say of the rows that they never saw."""
    import numpy as np
    import pandas as pd

    runs = best_runs(folder)
    if not runs:
        msg = f"{folder.path}: {read_status(folder).state}; no run of it has finished"
        raise ResourceError(msg)
    tables, values = zip(*(read_values(run, SPLIT) for run in runs), strict=True)
    frame = pd.concat(tables)
    if frame.index.has_duplicates:
        msg = f"{folder.path}: its search has not finished. Name one run, as in {runs[0].path}"
        raise ResourceError(msg)
    return frame, {name: np.concatenate([each[name] for each in values]) for name in values[0]}


def _shared_rows(one: "pd.DataFrame", other: "pd.DataFrame") -> "pd.Index[int]":
    """Return the numbers of the rows that are the same in both, in the columns that both have."""
    numbers = one.index.intersection(other.index).sort_values()
    columns = [name for name in one if name in other]
    if not columns:
        return numbers[:0]
    same = one.loc[numbers, columns].eq(other.loc[numbers, columns]).all(axis=1)
    return numbers[same.to_numpy()]

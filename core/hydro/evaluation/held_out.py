"""What the models of an experiment say of the rows that they never saw."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydro.artifacts.experiments import best_runs
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import read_status
from hydro.errors import ResourceError
from hydro.evaluation.predictions_file import StoredValues, read_values
from hydro.plugins.predictions import defined_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class HeldOut(StoredValues):
    """The rows of the runs that represent an experiment, one after another."""

    sizes: tuple[int, ...]
    """The number of rows of each run."""


def read_held_out(folder: RunFolder, split: str) -> HeldOut:
    """Read the rows of a split of the best combination's runs, one a fold.

    Raises:
        ResourceError: none has finished, or not all of a search, or predictions are missing.
    """
    import numpy as np
    import pandas as pd

    runs = best_runs(folder)
    if not runs:
        msg = f"{folder.path}: {read_status(folder).state}; no run of it has finished"
        raise ResourceError(msg)
    found = [read_values(run, split) for run in runs]
    frame = pd.concat([each.frame for each in found])
    if frame.index.has_duplicates:
        msg = f"{folder.path}: its search has not finished. Name one run, as in {runs[0].path}"
        raise ResourceError(msg)
    names = [*found[0].values]
    values = {name: np.concatenate([each.values[name] for each in found]) for name in names}
    stored = [name for name in names if all(name in each.leave_one_out for each in found)]
    owed = {name: np.concatenate(_shares(name, found)) for name in stored}
    return HeldOut(frame, values, owed, tuple(len(each.frame) for each in found))


def _shares(name: str, runs: Sequence[StoredValues]) -> "list[NDArray[np.float64]]":
    """Return what the mean over the rows of all runs owes to each row of each run."""
    counts = [int(defined_rows(each.values[name]).sum()) for each in runs]
    total = max(1, sum(counts))
    return [
        each.leave_one_out[name] * (count / total) for each, count in zip(runs, counts, strict=True)
    ]

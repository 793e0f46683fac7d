"""Predictions on disk: the user's columns and more as CSV, and the raw arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydro.artifacts.deletion import clear_unfinished
from hydro.artifacts.files import make_folder, open_atomic, write_csv
from hydro.artifacts.run_folder import RunFolder
from hydro.errors import ResourceError
from hydro.plugins.predictions import Predictions

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

ROW = "row"
"""The column with the row numbers of the user's file, counted from 0."""

CONFLICT_SUFFIX = " (predicted)"
"""Follows the name of a column where the user's table has one of that name."""

PREDICTION_FILES = ("_predictions.csv", "_predictions.parquet", "_raw_predictions.npz")
"""What follows the name of the rows in the names of the files."""

ROW_CONFLICT = f"{ROW}{CONFLICT_SUFFIX}"

METRIC_PREFIX = "value of "
"""Precedes the name of a metric among the raw arrays: what each row contributes to it."""

LEAVE_ONE_OUT_PREFIX = "leave-one-out of "
"""The same, for what a score owes to each row where rows depend on each other."""


@dataclass(frozen=True)
class StoredValues:
    """What the predictions of a split say of its rows."""

    frame: "pd.DataFrame"
    """The user's columns, as texts, by the number of the row in the file."""
    values: "Mapping[str, NDArray[np.float64]]"
    """By metric, what each row contributes."""
    leave_one_out: "Mapping[str, NDArray[np.float64]]"
    """By metric, see ``Predictions.leave_one_out``; an earlier version did not store it."""


def write_predictions(
    folder: Path,
    name: str,
    frame: "pd.DataFrame",
    predictions: Predictions,
    *,
    parquet: bool = False,
) -> list[Path]:
    """Write predictions into a folder, which is made where it is missing, and list the files.

    ``<name>_predictions.csv``, and ``.parquet`` where asked, have one line a row, with its row
    number in the user's file; ``<name>_raw_predictions.npz`` has the arrays in the same order.
    """
    import numpy as np

    table = frame.copy()
    rows = frame.index.to_numpy()
    for column, listed in {ROW: rows, **predictions.columns(rows)}.items():
        added: Any = list(listed)
        table[_unused_name(column, frame)] = added
    written = [make_folder(folder) / f"{name}_predictions.csv"]
    write_csv(written[0], table)
    if parquet:
        written.append(folder / f"{name}_predictions.parquet")
        with open_atomic(written[-1]) as file:
            table.to_parquet(file, index=False)
    written.append(folder / f"{name}_raw_predictions.npz")
    values = {f"{METRIC_PREFIX}{metric}": each for metric, each in predictions.values.items()}
    owed = {f"{LEAVE_ONE_OUT_PREFIX}{key}": each for key, each in predictions.leave_one_out.items()}
    arrays: dict[str, NDArray[np.generic]] = {
        "rows": rows,
        **predictions.arrays(),
        **values,
        **owed,
    }
    with open_atomic(written[-1]) as file:
        np.savez(file, allow_pickle=False, **arrays)
    clear_unfinished(folder)
    return written


def read_values(run: RunFolder, split: str) -> StoredValues:
    """Return the user's rows of a split, and what each contributed to each metric.

    Raises:
        ResourceError: the predictions are missing, or have no values of single rows.
    """
    import numpy as np
    import pandas as pd

    stem = run.predictions / split
    try:
        table = pd.read_csv(f"{stem}_predictions.csv", dtype=str, keep_default_na=False)
        with np.load(f"{stem}_raw_predictions.npz", allow_pickle=False) as raw:
            values, owed = (
                {name.removeprefix(each): raw[name] for name in raw.files if name.startswith(each)}
                for each in (METRIC_PREFIX, LEAVE_ONE_OUT_PREFIX)
            )
            rows = raw["rows"]
    except (OSError, ValueError, KeyError) as error:
        msg = f"{stem.parent}: no {split} predictions to read ({error}). Run it again"
        raise ResourceError(msg) from None
    if not values:
        msg = f"{stem}_raw_predictions.npz has no values of single rows. Run it again"
        raise ResourceError(msg)
    own = table.columns.get_loc(ROW_CONFLICT if ROW_CONFLICT in table else ROW)
    return StoredValues(table.iloc[:, :own].set_index(rows), values, owed)


def read_sample(run: RunFolder, rows: int) -> "pd.DataFrame":
    """Return the first held-out rows of a finished run: the user's columns and more, as texts.

    Raises:
        ResourceError: its predictions are gone.
    """
    import pandas as pd

    path = run.predictions / "validation_predictions.csv"
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, nrows=rows)
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}), and exports are tried on its texts"
        raise ResourceError(msg) from None


def join_predictions(
    folder: RunFolder, runs: Sequence[RunFolder], folds: Sequence[str | None]
) -> None:
    """Join what each fold's model predicted of the rows it never saw: all rows, in order.

    ``predictions/out_of_fold_predictions.csv`` names the fold that held each row out.
    """
    import pandas as pd

    tables = []
    for run, fold in zip(runs, folds, strict=True):
        path = run.predictions / "validation_predictions.csv"
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        table[_unused_name("held_out", table)] = fold
        tables.append(table)
    joined = pd.concat(tables)
    rows = joined[ROW_CONFLICT if ROW_CONFLICT in joined else ROW]
    order = rows.astype(int).argsort(kind="stable")
    path = make_folder(folder.predictions) / "out_of_fold_predictions.csv"
    write_csv(path, joined.iloc[order])


def _unused_name(name: str, frame: "pd.DataFrame") -> str:
    """Return a column name that does not hide one of the user's."""
    return name if name not in frame.columns else f"{name}{CONFLICT_SUFFIX}"

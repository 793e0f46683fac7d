"""Predictions of the rows of a split, with what each row contributes to each metric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hydro.errors import PluginError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Predictions:
    """Predictions for the rows of one split; a problem type adds its own fields."""

    values: Mapping[str, "NDArray[np.float64]"]
    """By metric: what each row contributes, ``(rows,)`` or ``(rows, k)``; NaN for a row on which
    the metric is not defined. The built metric turns contributions into a score."""
    leave_one_out: Mapping[str, "NDArray[np.float64]"] = field(default_factory=dict, kw_only=True)
    """By metric, where rows are compared with each other, so that the value of one depends on
    others: ``(rows, 2)``, the change of the score when the row leaves the split altogether, and a
    sum over what it does with one other row each, which is counted twice in that; see
    ``evaluation/intervals.py``. Without it, rows are taken for independent."""

    def arrays(self) -> "dict[str, NDArray[np.generic]]":
        """Return the numeric part, by the name it is stored under."""
        return {}

    def columns(self, rows: "NDArray[np.int64]") -> Mapping[str, Sequence[object]]:
        """Return the columns to add to the user's own table.

        ``rows`` has shape ``(rows,)``: the number of each row in the user's file, from 0.
        """
        return {}

    def more_scores(self) -> "Mapping[str, NDArray[np.float64]]":
        """Return scores to show beside the metrics, such as an accuracy, by name.

        They are the means of these numbers ``(rows,)``, which are NaN for a row that is left out.
        """
        return {}

    def defined(self, metric: str) -> "NDArray[np.bool_]":
        """Return for each row whether the metric is defined on it: ``(rows,)``."""
        return defined_rows(self.values[metric])


def defined_rows(contributions: "NDArray[np.float64]") -> "NDArray[np.bool_]":
    """Return for each row of contributions whether none of them is NaN: ``(rows,)``."""
    import numpy as np

    missing = np.isnan(contributions).reshape(len(contributions), -1)
    return np.logical_not(missing.any(axis=1))


def check_values(values: Mapping[str, "NDArray[np.float64]"], rows: int) -> None:
    """Check that every metric has numbers for every row.

    Raises:
        PluginError: one does not; the message names it.
    """
    import numpy as np

    for name, each in values.items():
        array = np.asarray(each)
        if array.ndim not in (1, 2) or len(array) != rows or array.dtype.kind not in "fiub":
            msg = (
                f"the metric '{name}' gave {array.dtype} of shape {array.shape}, where a number "
                f"for each of {rows} rows is wanted: shape ({rows},) or ({rows}, k)"
            )
            raise PluginError(msg, ("metric", name))

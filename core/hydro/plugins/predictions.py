"""What a model says of the rows of a split, with the score of every row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hydro.errors import MetricError, PluginError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Predictions:
    """Predictions for the rows of one split; a problem type adds its own fields.

    ``values[metric]`` has shape ``(rows,)``: what each row contributes to that metric, NaN for a
    row on which it is not defined. A score is the mean over the others, so that two models can be
    compared row by row and subsets of rows scored apart.
    """

    values: Mapping[str, "NDArray[np.float64]"]

    def arrays(self) -> "dict[str, NDArray[np.generic]]":
        """Return the numeric part, by the name it is stored under."""
        return {}

    def columns(self, rows: "NDArray[np.int64]") -> dict[str, Sequence[object]]:
        """Return the columns to add to the user's own table.

        ``rows`` has shape ``(rows,)``: the number of each row in the user's file, from 0.
        """
        return {}

    def defined(self, metric: str) -> "NDArray[np.bool_]":
        """Return for each row whether the metric is defined on it."""
        import numpy as np

        return ~np.isnan(self.values[metric])

    def score(self, metric: str) -> float:
        """Average a metric over the rows it is defined on.

        Raises:
            MetricError: it is defined on none of them.
        """
        values = self.values[metric][self.defined(metric)]
        if not values.size:
            msg = (
                f"{metric} is not defined on any of the {len(self.values[metric]):,} rows: none "
                "has another row of its class in the same split. Hold out more rows, or other ones"
            )
            raise MetricError(msg)
        return float(values.mean())


def check_values(values: Mapping[str, Any], rows: int) -> None:
    """Check that every metric gives one number a row.

    Raises:
        PluginError: one does not; the message names it.
    """
    import numpy as np

    for name, each in values.items():
        found = np.asarray(each)
        if found.shape != (rows,) or found.dtype.kind not in "fiub":
            msg = (
                f"the metric '{name}' gave {found.dtype} of shape {found.shape}, where a number "
                f"for each of {rows} rows is wanted: shape ({rows},)"
            )
            raise PluginError(msg, ("metric", name))

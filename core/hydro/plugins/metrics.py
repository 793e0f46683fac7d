"""Metrics as they are computed: what each row contributes, and the score of any rows."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from typing_extensions import TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Contributions = NDArray[np.float64]
    """``(rows,)`` or ``(rows, k)``: a row of NaN is one on which the metric is not defined."""
    Rows = NDArray[np.int64]
    """Positions of rows, which may repeat: a resample."""

Outputs = TypeVar("Outputs", contravariant=True, default=Any)
"""What a problem's ``predict`` hands to its metrics, such as probabilities with the targets."""


class RowMetric(ABC, Generic[Outputs]):
    """A metric that is a function of what single rows contribute.

    Contributions are stored for each row, so a score can be computed later, for a subset of rows,
    and for resampled rows: that is what intervals and comparisons rest on.
    """

    independent_rows: ClassVar[bool] = True
    """Whether the contribution of a row depends on no other row of the split. Where it does, as
    where rows are searched for among each other, ``Predictions.leave_one_out`` serves intervals."""

    @abstractmethod
    def contributions(self, outputs: Outputs, /) -> "Contributions":
        """Compute what each row contributes: ``(rows,)`` or ``(rows, k)``."""

    @abstractmethod
    def score(self, contributions: "Contributions") -> float:
        """Compute the score of one or more rows on all of which the metric is defined."""

    def change(self, before: "Contributions", after: "Contributions") -> "Callable[[Rows], float]":
        """Return a function that computes the change of the score on a resample of the rows.

        ``before`` and ``after`` are of the same rows in the same order.
        """
        return lambda rows: self.score(after[rows]) - self.score(before[rows])


@dataclass(frozen=True)
class MeanMetric(RowMetric[Outputs]):
    """A metric whose score is the mean of one number a row."""

    function: "Callable[[Outputs], Contributions]"
    """Computes the numbers: ``(rows,)``."""

    def contributions(self, outputs: Outputs, /) -> "Contributions":
        """Compute the number of each row: ``(rows,)``."""
        return self.function(outputs)

    def score(self, contributions: "Contributions") -> float:
        """Compute the mean."""
        return float(contributions.mean())

    def change(self, before: "Contributions", after: "Contributions") -> "Callable[[Rows], float]":
        """Return a function that computes the mean change on a resample of the rows."""
        changes = after - before
        return lambda rows: float(changes[rows].mean())


Metrics = Mapping[str, RowMetric[Outputs]]
"""The metrics of a problem, built, by name."""

"""What a search in the rows of a table finds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["exact", "ivf", "hnsw"]
KINDS: tuple[Kind, ...] = ("exact", "ivf", "hnsw")


@dataclass(frozen=True)
class Hit:
    """A row that is similar to a query."""

    row: int
    """Its number in the file of the gallery, counted from 0."""
    similarity: float
    text: str
    label: str | None
    """None where the gallery has no label for it."""
    same: bool | None
    """Whether it is similar enough to be taken for the same; None without a threshold."""


@dataclass(frozen=True)
class Vote:
    """The label that the neighbors of a row vote for."""

    label: str | None
    """None where no neighbor has a label."""
    confidence: float | None
    """The share of the vote, from 0 to 1."""


def vote(neighbors: Iterable[tuple[str | None, float]]) -> Vote:
    """Predict a label from the labels and similarities of the nearest rows, the nearest first.

    A neighbor votes for its label with the weight max(similarity, 0). The label with the largest
    sum of weights is predicted, of equal ones that of the nearest row; its confidence is its share
    of the sum. With similarities of 0 or more these are the probabilities of scikit-learn's
    ``KNeighborsClassifier(metric="cosine", weights=lambda distances: 1 - distances)``. Neighbors
    without a label do not vote.
    """
    weights: dict[str, float] = {}
    for label, similarity in neighbors:
        if label is not None:
            weights[label] = weights.get(label, 0.0) + max(similarity, 0.0)
    if not weights:
        return Vote(None, None)
    # Of equal weights the first is taken, that of the nearest row.
    label, weight = max(weights.items(), key=lambda pair: pair[1])
    total = sum(weights.values())
    return Vote(label, weight / total if total else 0.0)


def vote_of_hits(hits: Iterable[Hit]) -> Vote:
    """Predict a label from the hits of a query."""
    return vote((hit.label, hit.similarity) for hit in hits)


class Index(Protocol):
    """Finds the rows of a table that are most similar to a query."""

    @property
    def facts(self) -> Mapping[str, object]:
        """What it is: ``rows``, ``kind``, and ``recall`` against an exact one, None for that."""

    def search(self, queries: "pd.DataFrame", k: int) -> Sequence[Sequence[Hit]]:
        """Return up to ``k`` hits a query, the most similar first.

        ``queries`` has the input columns of the problem, without missing values.
        """

    def save(self, folder: Path) -> None:
        """Write all that ``open_index`` needs into a folder that is there."""

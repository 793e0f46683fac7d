"""What a search in the rows of a table finds."""

from collections.abc import Mapping, Sequence
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

"""How an insight is drawn: records that say what kind of picture, and which columns are what."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Finding:
    """What an insight found; a bare table will do where there is nothing to say of it."""

    table: "pd.DataFrame"
    """Kept whole as CSV; a picture shows its first rows where there are many."""
    summary: tuple[str, ...] = ()
    """What it comes to, in sentences with figures."""


@dataclass(frozen=True)
class Chart:
    """A picture of a table; without one, the table is shown as it is."""

    kind: ClassVar[str] = "table"


@dataclass(frozen=True)
class Histogram(Chart):
    """How often values occur: one row an interval, one column a series."""

    x: str
    """The column with the lower end of each interval; all are as wide."""
    series: tuple[str, ...]
    """The columns with what is counted, as numbers or shares."""
    y: str = ""
    """What is counted, in words."""
    facet: str = ""
    """A column by whose values the rows are drawn apart, one below the other."""
    rule: str = ""
    """A column that has one value of ``x`` to mark, the same in all rows of a panel."""
    kind: ClassVar[str] = "histogram"


@dataclass(frozen=True)
class Scatter(Chart):
    """Points, one a row."""

    x: str
    y: str
    color: str
    """A column; the largest twelve groups are colored."""
    tooltip: str
    """A column that is shown while the mouse is over a point."""
    kind: ClassVar[str] = "scatter"


@dataclass(frozen=True)
class Bars(Chart):
    """A table with bars in it; what is to be seen first comes first."""

    name: str
    values: tuple[str, ...]
    """Columns from 0 to 1, drawn as bars; the others are shown as they are."""
    kind: ClassVar[str] = "bars"


@dataclass(frozen=True)
class Matrix(Chart):
    """Values of combinations of two names, one a row, drawn as a table with shaded cells."""

    row: str
    column: str
    value: str
    """A column from 0 to 1."""
    kind: ClassVar[str] = "matrix"


@dataclass(frozen=True)
class Cards(Chart):
    """Texts, each with others below it: one row of the table for each of those."""

    section: str
    """A column whose values become headings."""
    key: str
    """A column that has the same value in all rows of one card."""
    text: str
    tag: str
    """A column with a word on the text, such as its label."""
    other: str
    """The text below it."""
    other_tag: str
    value: str
    """A number on the two, such as how close they are."""
    match: str
    """Whether the other is what it should be."""
    kind: ClassVar[str] = "cards"


CHARTS: tuple[type[Chart], ...] = (Chart, Histogram, Scatter, Bars, Matrix, Cards)

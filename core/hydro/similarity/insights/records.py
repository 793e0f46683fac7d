"""The insights into embeddings and neighbors that a problem type can offer."""

from collections.abc import Callable
from typing import TypeVar

from hydro.data.columns import Columns
from hydro.plugins.charts import Bars, Cards, Histogram, Matrix, Scatter
from hydro.plugins.components import Insight
from hydro.settings.sections import Settings
from hydro.similarity.insights.builders import NeighborInsights

S = TypeVar("S", bound=Settings)


def neighbor_insights(problem: str, columns: Callable[[S], Columns]) -> list[Insight]:
    """Return the insights of a problem type that reads these columns.

    Its predictions are `RetrievalPredictions`.
    """
    build, problems = NeighborInsights(columns), (problem,)
    return [*_insights_of_classes(build, problems), *_insights_of_rows(build, problems)]


def _insights_of_classes(build: NeighborInsights[S], problems: tuple[str, ...]) -> list[Insight]:
    """Return how well classes are separated."""
    return [
        Insight(
            "cosines",
            build.cosines,
            problems,
            title="Cosines of pairs",
            caption="The less the two areas overlap, the better one threshold separates same from "
            "different. The line is where it does so best; rows are taken for the same from the "
            "threshold on that stands below the scores.",
            chart=Histogram(
                "cosine",
                ("same_class", "different_class"),
                y="share of pairs",
                facet="when",
                rule="best_threshold",
            ),
            inputs=("before",),
        ),
        Insight(
            "classes",
            build.classes,
            problems,
            title="Classes",
            caption="The worst come first. The score of a class of few rows is noisy.",
            chart=Bars("class", ("mAP", "Precision@1")),
            inputs=("targets",),
        ),
        Insight(
            "confusion",
            build.confusion,
            problems,
            title="Confused classes",
            caption="A row is a class, a column the class of the nearest neighbor, a cell the "
            "share of the class's rows. Two classes in each other's column may be one class with "
            "two names.",
            chart=Matrix("class", "nearest_class", "share"),
        ),
    ]


def _insights_of_rows(build: NeighborInsights[S], problems: tuple[str, ...]) -> list[Insight]:
    """Return which rows to look at."""
    return [
        Insight(
            "neighbours",
            build.neighbors,
            problems,
            title="Nearest neighbors",
            caption="Are the wrong neighbors of the worst rows wrong to you, too?",
            chart=Cards(
                section="shown_as",
                key="row",
                text="text",
                tag="label",
                other="neighbour",
                other_tag="neighbour_label",
                value="similarity",
                match="match",
            ),
        ),
        Insight(
            "label_suspects",
            build.label_errors,
            problems,
            title="Possible label errors",
            caption="All five nearest neighbors are of other classes. Correct the table, or see "
            "what the model misses.",
        ),
        Insight(
            "duplicates",
            build.duplicates,
            problems,
            title="Duplicates",
            caption="A duplicate on both sides of the split makes the score too good; one with two "
            "labels cannot be learned.",
            inputs=("before", "train"),
        ),
        Insight(
            "map",
            build.pca_map,
            problems,
            title="Map of the embeddings",
            caption="Two of many directions: what is apart here is apart, what is close may not "
            "be.",
            chart=Scatter("first_component", "second_component", "label", "text"),
        ),
    ]

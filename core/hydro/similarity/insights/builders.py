"""How each insight is built; what is heavy is imported on the way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from hydro.data.columns import Columns
from hydro.plugins.charts import Finding
from hydro.settings.sections import Settings

if TYPE_CHECKING:
    import pandas as pd

    from hydro.data.labels import Labels
    from hydro.similarity.predictions import RetrievalPredictions

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class NeighborInsights(Generic[S]):
    """Builds insights into embeddings and neighbors, for a problem that reads these columns."""

    columns: Callable[[S], Columns]

    def _describe(self, settings: S, frame: "pd.DataFrame") -> "pd.DataFrame":
        from hydro.similarity.rows import describe_rows

        columns = self.columns(settings)
        return describe_rows(frame, columns.inputs, columns.targets)

    def neighbors(
        self, settings: S, *, predictions: "RetrievalPredictions", frame: "pd.DataFrame"
    ) -> "pd.DataFrame":
        """Build the table of rows with their nearest neighbors."""
        from hydro.similarity.insights.neighbors import neighbors_table

        return neighbors_table(
            predictions,
            self._describe(settings, frame),
            metric=settings.prediction.metric,
            count=settings.logging.number_of_texts,
            seed=settings.environment.seed,
        )

    def cosines(
        self,
        settings: S,
        *,
        predictions: "RetrievalPredictions",
        frame: "pd.DataFrame",
        before: "RetrievalPredictions",
    ) -> Finding:
        """Build the histograms of cosines of pairs."""
        from hydro.similarity.insights.cosines import cosines

        return cosines(before, predictions, settings.environment.seed)

    def pca_map(
        self, settings: S, *, predictions: "RetrievalPredictions", frame: "pd.DataFrame"
    ) -> Finding:
        """Build the map of the embeddings."""
        from hydro.similarity.insights.pca_map import pca_map

        shown = self._describe(settings, frame)
        return pca_map(predictions.embeddings, shown, settings.environment.seed)

    def classes(
        self,
        settings: S,
        *,
        predictions: "RetrievalPredictions",
        frame: "pd.DataFrame",
        targets: "Labels",
    ) -> Finding:
        """Build the scores of each class."""
        from hydro.similarity.insights.classes import class_scores

        return class_scores(predictions, self._describe(settings, frame), len(targets))

    def confusion(
        self, settings: S, *, predictions: "RetrievalPredictions", frame: "pd.DataFrame"
    ) -> Finding:
        """Build the confusion matrix of nearest neighbors."""
        from hydro.similarity.insights.confusion import confusion

        return confusion(predictions, self._describe(settings, frame))

    def label_errors(
        self, settings: S, *, predictions: "RetrievalPredictions", frame: "pd.DataFrame"
    ) -> Finding:
        """Build the list of rows whose label may be wrong."""
        from hydro.similarity.insights.label_errors import label_errors

        return label_errors(predictions, self._describe(settings, frame))

    def duplicates(
        self,
        settings: S,
        *,
        predictions: "RetrievalPredictions",
        frame: "pd.DataFrame",
        before: "RetrievalPredictions",
        train: "pd.DataFrame",
    ) -> Finding:
        """Build the list of duplicate rows."""
        from hydro.similarity.insights.duplicates import MAX_TRAIN_ROWS, duplicates

        # With train_validation_data, every validation row is a training row by itself.
        train = train.iloc[: 0 if settings.training.train_validation_data else MAX_TRAIN_ROWS]
        shown, known = self._describe(settings, frame), self._describe(settings, train)
        return duplicates(before, shown, known)

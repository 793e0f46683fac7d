"""The retrieval metrics that a problem type can offer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hydro.plugins.components import Metric
from hydro.plugins.metrics import MeanMetric, Outputs
from hydro.similarity.settings import RetrievalSettings

if TYPE_CHECKING:
    from hydro.similarity.neighbors import Ranking

NAMES = ("mAP", "Precision@1", "Recall@K", "MRR", "nDCG@K", "R-Precision", "MAP@R")
"""In the order of ``retrieval_metrics.METRICS``, which is heavy to import."""


@dataclass(frozen=True)
class QueryMean(MeanMetric[Outputs]):
    """The mean over queries that are searched for among each other."""

    independent_rows: ClassVar[bool] = False


def retrieval_metrics(problem: str) -> list[Metric]:
    """Return the metrics of a problem type; K is its setting ``prediction.top_k_similar``."""
    return [Metric(name, _builder(name), problems=(problem,)) for name in NAMES]


def _builder(name: str) -> "Callable[[RetrievalSettings], QueryMean[Ranking]]":
    def build(settings: RetrievalSettings) -> "QueryMean[Ranking]":
        from hydro.similarity.retrieval_metrics import METRICS

        return QueryMean(METRICS[name](settings.prediction.top_k_similar))

    return build

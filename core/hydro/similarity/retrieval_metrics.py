"""Retrieval metrics: each is a function of a ranking that gives one value per query.

With rel(j) = 1 if the j-th nearest row is of the query's class, otherwise 0, P(j) = the mean of rel
over the first j, and R = the number of rows of the query's class without the query itself. A value
is NaN where R = 0. K must not be above the top_k that the ranking was made with.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hydro.similarity.neighbors import Ranking

Values: TypeAlias = NDArray[np.float64]
Metric: TypeAlias = Callable[[Ranking], Values]


def average_precision(k: int) -> Metric:
    """AP@K = Σ_{j≤K} P(j)·rel(j) / min(R, K).

    Its mean is mAP. Manning, Raghavan, Schütze, "Introduction to Information Retrieval" (2008),
    section 8.4, with the sum cut at K and divided by what K places can hold.
    """

    def value(ranking: Ranking) -> Values:
        return _divide(_sum_precisions(ranking.hits[:, :k]), np.minimum(ranking.relevant, k))

    return value


def precision_at(k: int) -> Metric:
    """P@K = Σ_{j≤K} rel(j) / K. Manning et al. (2008), section 8.4."""

    def value(ranking: Ranking) -> Values:
        return _divide(ranking.hits[:, :k].sum(axis=1), np.where(ranking.relevant > 0, k, 0))

    return value


def recall_at(k: int) -> Metric:
    """Recall@K = Σ_{j≤K} rel(j) / R, the share found. Manning et al. (2008), section 8.3."""

    def value(ranking: Ranking) -> Values:
        return _divide(ranking.hits[:, :k].sum(axis=1), ranking.relevant)

    return value


def reciprocal_rank(ranking: Ranking) -> Values:
    """RR = 1 / (rank of the first hit among all rows).

    Its mean is MRR. Voorhees, "The TREC-8 Question Answering Track Report" (1999).
    """
    return _divide(np.ones(len(ranking.first_hit)), ranking.first_hit)


def ndcg_at(k: int) -> Metric:
    """nDCG@K = Σ_{j≤K} rel(j)/log2(j+1) / Σ_{j≤min(R,K)} 1/log2(j+1).

    Järvelin, Kekäläinen, "Cumulated gain-based evaluation of IR techniques" (2002), with gains of
    0 and 1, and with the discount that trec_eval uses.
    """
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discounts)])

    def value(ranking: Ranking) -> Values:
        hits = ranking.hits[:, :k]
        return _divide(hits @ discounts[: hits.shape[1]], ideal[np.minimum(ranking.relevant, k)])

    return value


def r_precision(ranking: Ranking) -> Values:
    """R-Precision = Σ_{j≤R} rel(j) / R. Musgrave et al., arXiv:2003.08505 (2020)."""
    return _divide(_cut_at_r(ranking).sum(axis=1), ranking.relevant)


def map_at_r(ranking: Ranking) -> Values:
    """MAP@R = Σ_{j≤R} P(j)·rel(j) / R. Musgrave et al., arXiv:2003.08505 (2020)."""
    return _divide(_sum_precisions(_cut_at_r(ranking)), ranking.relevant)


METRICS: Mapping[str, Callable[[int], Metric]] = {
    "mAP": average_precision,
    "Precision@1": lambda _: precision_at(1),
    "Recall@K": recall_at,
    "MRR": lambda _: reciprocal_rank,
    "nDCG@K": ndcg_at,
    "R-Precision": lambda _: r_precision,
    "MAP@R": lambda _: map_at_r,
}
"""The metrics by the name that the YAML calls them by, each made from top_k, which is its K."""


def _divide(values: NDArray[np.number], by: NDArray[np.number]) -> Values:
    """Divide, with NaN where the divisor is 0."""
    quotients = np.full(len(by), np.nan)
    np.divide(values, by, out=quotients, where=by > 0)
    return quotients


def _sum_precisions(hits: NDArray[np.bool_]) -> Values:
    """Sum P(j)·rel(j) along the ranking."""
    precisions: Values = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    sums: Values = (precisions * hits).sum(axis=1)
    return sums


def _cut_at_r(ranking: Ranking) -> NDArray[np.bool_]:
    """Keep the hits among the first R."""
    return ranking.hits & (np.arange(ranking.hits.shape[1]) < ranking.relevant[:, None])

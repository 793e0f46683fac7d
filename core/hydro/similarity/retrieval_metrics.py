"""Retrieval metrics: each is a function of a ranking that gives one value per query.

With rel(j) = 1 if the j-th nearest row is of the query's class, otherwise 0, P(j) = the mean of rel
over the first j, and R = the number of rows of the query's class without the query itself. A value
is NaN where R = 0. K must not be above the top_k that the ranking was made with.

All of them are sums over hits, cut at some rank and divided by a number that depends on R alone:

    value = Σ_{j≤cut(R)} rel(j) · gain(j, Σ_{i≤j} rel(i)) / ideal(R)

That form is what `leave_one_out` computes from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hydro.similarity.neighbors import Ranking

Values: TypeAlias = NDArray[np.float64]
Counts: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class RankingScore:
    """The score of a ranking, as a sum over its hits."""

    gain: Callable[[Counts, Counts], Values]
    """Of a hit, from its rank and the number of hits up to it, both counted from 1."""
    cut: Callable[[Counts], Counts]
    """The last rank that counts, from R."""
    ideal: Callable[[Counts], Values]
    """What the sum is divided by, from R; 0 where R is 0."""

    def __call__(self, ranking: Ranking) -> Values:
        """Compute the value of each query, ``(queries,)``."""
        deepest = int(self.cut(ranking.relevant).max(initial=0))
        hits = ranking.hits[:, :deepest]
        ranks = np.arange(1, hits.shape[1] + 1)
        counted = hits & (ranks <= self.cut(ranking.relevant)[:, None])
        gains = self.gain(ranks, np.cumsum(hits, axis=1)) * counted
        return divide(gains.sum(axis=1), self.ideal(ranking.relevant))


class ReciprocalRank(RankingScore):
    """A score whose hit may lie deeper than the ranking, which knows the rank of the first."""

    def __call__(self, ranking: Ranking) -> Values:
        """Compute the value of each query, ``(queries,)``."""
        return divide(np.ones(len(ranking.first_hit)), ranking.first_hit)


def average_precision(k: int) -> RankingScore:
    """AP@K = Σ_{j≤K} P(j)·rel(j) / min(R, K).

    Its mean is mAP. Manning, Raghavan, Schütze, "Introduction to Information Retrieval" (2008),
    section 8.4, with the sum cut at K and divided by what K places can hold.
    """
    return RankingScore(_precision, _first(k), lambda r: np.minimum(r, k).astype(float))


def precision_at(k: int) -> RankingScore:
    """P@K = Σ_{j≤K} rel(j) / K. Manning et al. (2008), section 8.4."""
    return RankingScore(_one, _first(k), lambda r: np.where(r > 0, float(k), 0.0))


def recall_at(k: int) -> RankingScore:
    """Recall@K = Σ_{j≤K} rel(j) / R, the share found. Manning et al. (2008), section 8.3."""
    return RankingScore(_one, _first(k), _all)


reciprocal_rank = ReciprocalRank(
    lambda ranks, hits: (hits == 1) / ranks,
    lambda r: np.full_like(r, np.iinfo(np.int64).max // 2),
    lambda r: (r > 0).astype(float),
)
"""RR = 1 / (rank of the first hit among all rows).

Its mean is MRR. Voorhees, "The TREC-8 Question Answering Track Report" (1999).
"""


def ndcg_at(k: int) -> RankingScore:
    """nDCG@K = Σ_{j≤K} rel(j)/log2(j+1) / Σ_{j≤min(R,K)} 1/log2(j+1).

    Järvelin, Kekäläinen, "Cumulated gain-based evaluation of IR techniques" (2002), with gains of
    0 and 1, and with the discount that trec_eval uses.
    """
    ideal = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(2, k + 2)))])
    return RankingScore(
        lambda ranks, hits: 1 / np.log2(ranks + 1), _first(k), lambda r: ideal[np.minimum(r, k)]
    )


def _precision(ranks: Counts, hits: Counts) -> Values:
    precisions: Values = hits / ranks
    return precisions


def _one(ranks: Counts, hits: Counts) -> Values:
    return np.ones(ranks.shape)


def _all(relevant: Counts) -> Values:
    return relevant.astype(float)


def _first(k: int) -> Callable[[Counts], Counts]:
    return lambda relevant: np.full_like(relevant, k)


r_precision = RankingScore(_one, lambda r: r, _all)
"""R-Precision = Σ_{j≤R} rel(j) / R. Musgrave et al., arXiv:2003.08505 (2020)."""

map_at_r = RankingScore(_precision, lambda r: r, _all)
"""MAP@R = Σ_{j≤R} P(j)·rel(j) / R. Musgrave et al., arXiv:2003.08505 (2020)."""

METRICS: Mapping[str, Callable[[int], RankingScore]] = {
    "mAP": average_precision,
    "Precision@1": lambda _: precision_at(1),
    "Recall@K": recall_at,
    "MRR": lambda _: reciprocal_rank,
    "nDCG@K": ndcg_at,
    "R-Precision": lambda _: r_precision,
    "MAP@R": lambda _: map_at_r,
}
"""The metrics by the name that the YAML calls them by, each made from top_k, which is its K."""


def divide(values: NDArray[np.number], by: NDArray[np.number]) -> Values:
    """Divide, with NaN where the divisor is 0."""
    quotients = np.full(len(by), np.nan)
    np.divide(values, by, out=quotients, where=by > 0)
    return quotients

"""What a retrieval score owes to each row, as a query and as a row that others find.

Every row of a split is searched for among the others, so the values of two queries depend on each
other, and an interval from resampled values is far too narrow. Three sums give the variance of the
mean T of the values v_i of n queries. With δ_ij the change of v_i when row j leaves the split,

    V = (m-1)/m · Σ_j (T_(-j) - mean of T_(-j))² - Σ_i Σ_j (δ_ij / n)²

over the m rows of the split. The first term is the delete-one jackknife (Efron and Stein, "The
jackknife estimate of variance", 1981), which takes j out both as a query and from the rankings of
the others. It counts twice what belongs to a pair of rows, a query and a row that it finds; the
second term takes that away once, as variances that are robust to two-way clusters do (Cameron,
Gelbach and Miller, "Robust inference with multiway clustering", 2011; Aronow, Samii and Assenova,
"Cluster-robust variance estimation for dyadic data", 2015). `docs/benchmarks.md` has the coverage
of the intervals.

For a change between two models δ_ij is the difference of theirs. No pair is stored for it: with
signs s_j drawn once, (Σ_j s_j δ_ij)² has the expectation Σ_j δ_ij² (Alon, Matias and Szegedy,
1996), and the sum is linear, so that of a change is the difference of two numbers a query.

Of more than `MAX_QUERIES` rows, the effects on a random sample of the queries are scaled up by
1/f. That adds (1/f - 1) · Σ_i Σ_j (δ_ij / n)² to the expectation of the first term, and the second,
of scaled effects as well, takes as much away.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hydro.similarity.neighbors import Block
from hydro.similarity.retrieval_metrics import RankingScore, Values

MAX_QUERIES = 50_000
"""Of more rows, the effects on a sample of so many queries are computed."""

PLACES_AT_A_TIME = 2**15
"""Ranks whose effects are computed at a time: all of it stays in the cache of a processor."""


@dataclass
class LeaveOneOut:
    """Collects, block by block, what one score owes to each row of a split searched within itself.

    Ranks behind those of the ranking are not known, which matters for MRR alone: a second hit
    there counts as none.
    """

    score: RankingScore
    classes: NDArray[np.int64]
    """``(rows,)``: -1 for none."""
    _values: Values = field(init=False)
    _found: Values = field(init=False)
    """Σ_i of the effects of each row on the queries that rank it."""
    _signed: Values = field(init=False)
    """Σ_j of the effects on each query, times the sign of the row."""
    _unranked: Values = field(init=False)
    """The effect on each query of a row of its class that is not ranked."""
    _signs: Values = field(init=False)
    _sampled: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        """Start from nothing."""
        rows = len(self.classes)
        self._found, self._signed, self._unranked = np.zeros((3, rows))
        # The same for every model, so that what two of them share cancels.
        generator = np.random.default_rng(0)
        self._signs = generator.choice([-1.0, 1.0], rows)
        self._sampled = generator.permutation(rows) < MAX_QUERIES

    def add(self, block: Block) -> None:
        """Add the effects of all rows on the queries of a block."""
        sampled = np.flatnonzero(self._sampled[block.rows])
        step = max(1, PLACES_AT_A_TIME // max(1, block.ranked.shape[1]))
        for start in range(0, len(sampled), step):
            self._add(block, sampled[start : start + step])

    def _add(self, block: Block, part: NDArray[np.int64]) -> None:
        rows, ranked, hits = block.rows[part], block.ranked[part], block.ranking.hits[part]
        relevant = block.ranking.relevant[part]
        # A query whose only other row of the class leaves has no value: see ``result``.
        fewer = np.where(relevant > 1, relevant - 1, relevant)
        values, missed, found, unranked = _values_without(self.score, hits, relevant, fewer)
        effects = np.where(hits, found - unranked[:, None], missed - values[:, None])
        last = (relevant <= 1)[:, None] & (hits | (relevant == 0)[:, None])
        effects[last] = 0
        effects *= self._scale
        self._unranked[rows] = np.where(relevant > 1, unranked - values, 0) * self._scale
        self._signed[rows] = np.einsum("ij,ij->i", effects, self._signs[ranked])
        some = np.nonzero(effects)
        np.add.at(self._found, ranked[some], effects[some])

    @property
    def _scale(self) -> float:
        """The queries that each sampled one stands for."""
        return max(1.0, len(self.classes) / MAX_QUERIES)

    def result(self, values: Values) -> Values:
        """Return, for each row, T_(-j) - T and Σ_j s_j δ_ij / n: ``(rows, 2)``.

        ``values`` are those of the queries. Where the last other row of a class leaves, the
        query has no value any more: it leaves the mean as well.
        """
        defined = ~np.isnan(values)
        count = int(defined.sum())
        if not count:
            return np.zeros((len(values), 2))
        mean = values[defined].mean()
        centered = np.where(defined, values - mean, 0)
        labeled = self.classes >= 0
        members: NDArray[np.int64] = self.classes.copy()
        members[~labeled] = self.classes.max(initial=-1) + 1
        sizes: NDArray[np.int64] = np.bincount(members)[members] * labeled

        def over_class(each: Values) -> Values:
            """Sum over the other rows of the class."""
            sums: Values = (np.bincount(members, each * labeled)[members] - each) * labeled
            return sums

        pairs = sizes == 2
        lost = np.where(pairs, over_class(centered), 0)
        others = self._found + over_class(self._unranked) - lost
        left = count - (defined.astype(np.int64) + pairs)
        without = np.divide(others - centered, left, out=np.zeros(len(values)), where=left > 0)
        partners = over_class(self._signs)
        signed = self._signed + self._unranked * partners - np.where(pairs, centered, 0) * partners
        return np.stack([without, signed / count], axis=1)


def _values_without(
    score: RankingScore,
    hits: NDArray[np.bool_],
    relevant: NDArray[np.int64],
    fewer: NDArray[np.int64],
) -> tuple[Values, Values, Values, Values]:
    """Return the values of queries, and what they are without one row.

    Returns:
        The values ``(queries,)``; for every rank the value without the row there if it is no hit,
        and if it is one, both ``(queries, depth)``; the value without a hit that is not ranked.
    """
    depth = hits.shape[1]
    ranks = np.arange(1, depth + 1)
    counts: NDArray[np.int64] = np.cumsum(hits, axis=1)
    before = np.maximum(ranks - 1, 1)
    # The gains of the hits where they are, one rank nearer, and one rank nearer after one hit less.
    here, nearer, after = (
        _cumulated(np.where(hits & (ranks > skipped), score.gain(at, number), 0))
        for at, number, skipped in (
            (ranks, counts, 0),
            (before, counts, 1),
            (before, counts - 1, 1),
        )
    )
    cut, ideal = score.cut(relevant)[:, None], score.ideal(relevant)[:, None]
    less, ideal_less = score.cut(fewer)[:, None], score.ideal(fewer)[:, None]
    whole, rest = _at(here, cut, depth), _at(here, less, depth)
    missed = here[:, :-1] - nearer[:, 1:] + _at(nearer, cut + 1, depth)
    missed = np.where(ranks <= cut, missed, whole)
    found = here[:, :-1] - after[:, 1:] + _at(after, less + 1, depth)
    found = np.where(ranks <= less, found, rest)
    safe, safe_less = np.maximum(ideal, 1e-300), np.maximum(ideal_less, 1e-300)
    return (whole / safe)[:, 0], missed / safe, found / safe_less, (rest / safe_less)[:, 0]


def _cumulated(gains: Values) -> Values:
    """Return the sums of the gains up to each rank, from rank 0: ``(queries, depth + 1)``."""
    sums = np.zeros((len(gains), gains.shape[1] + 1))
    np.cumsum(gains, axis=1, out=sums[:, 1:])
    return sums


def _at(sums: Values, ranks: NDArray[np.int64], depth: int) -> Values:
    """Return the sums up to a rank of each query, ``(queries, 1)``."""
    return np.take_along_axis(sums, np.minimum(ranks, depth), axis=1)

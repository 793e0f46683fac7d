"""How similar pairs of the same class are, and pairs of different ones, before and after."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.plugins.charts import Finding
from hydro.similarity.predictions import RetrievalPredictions

EVERY = 1200
"""Rows of which every pair is looked at; of more, pairs are drawn."""
PAIRS = 300_000
"""Pairs drawn of each kind."""
BINS = 100
BLOCK = 16_384

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]


def cosines(before: RetrievalPredictions, after: RetrievalPredictions, seed: int) -> Finding:
    """Count cosines of pairs before and after training, in shares of each kind of pair.

    ``before`` and ``after`` are of the same rows. Rows without a class are left out. The best
    threshold is where sensitivity and specificity are largest together (Youden 1950).
    """
    rows = np.flatnonzero(after.classes >= 0)
    same, different = _pairs(after.classes[rows], np.random.default_rng(seed))
    if not len(same[0]) or not len(different[0]):
        return Finding(pd.DataFrame())
    found = {
        when: [_cosines(each.embeddings[rows], pairs) for pairs in (same, different)]
        for when, each in (("before training", before), ("after training", after))
    }
    low = min(float(values.min()) for both in found.values() for values in both)
    edges = np.linspace(np.floor(low * 20) / 20, 1, BINS + 1)
    tables, said = [], [f"{len(same[0]):,} pairs of the same class, {len(different[0]):,} others."]
    for when, both in found.items():
        shares = [np.histogram(np.clip(v, edges[0], 1), edges)[0] / len(v) for v in both]
        table, sentence = _facet(when, edges, *shares)
        tables.append(table)
        said.append(sentence)
    return Finding(pd.concat(tables, ignore_index=True), tuple(said))


def _facet(
    when: str, edges: NDArray[np.float64], same: NDArray[np.float64], other: NDArray[np.float64]
) -> tuple[pd.DataFrame, str]:
    """Return the rows of one histogram, and what it comes to."""
    overlap = np.minimum(same, other).sum()
    # The share of same-class pairs from each edge on, and of the others below it.
    right = (np.append(same[::-1].cumsum()[::-1], 0) + np.append(0, other.cumsum())) / 2
    best = int(right.argmax())
    table = pd.DataFrame({"when": when, "cosine": edges[:-1].round(6)})
    table = table.assign(same_class=same, different_class=other, best_threshold=edges[best])
    said = (
        f"{when.capitalize()}, {100 * overlap:.1f} % of the two areas overlap; at a cosine of "
        f"{edges[best]:.2f} they are told apart best, {100 * right[best]:.1f} % of each "
        "kind, on average, on its side."
    )
    return table, said


def _pairs(classes: NDArray[np.int64], random: np.random.Generator) -> tuple[Pairs, Pairs]:
    """Return pairs of the same class, and of different classes."""
    if len(classes) <= EVERY:
        first, second = np.triu_indices(len(classes), 1)
        same = classes[first] == classes[second]
        return (first[same], second[same]), (first[~same], second[~same])
    order = classes.argsort(kind="stable")
    _, starts, kinds, counts = np.unique(
        classes[order], return_index=True, return_inverse=True, return_counts=True
    )
    size, start = counts[kinds], starts[kinds]
    several = np.flatnonzero(size > 1)
    # A row's chance is the number of its partners, so that every pair has the same.
    chances = size[several] - 1.0
    drawn = PAIRS if len(several) else 0
    one = random.choice(several, drawn, p=chances / chances.sum()) if drawn else several
    # One of the class's other rows: those behind the row move up by one place.
    partner = start[one] + random.integers(0, size[one] - 1) if drawn else several
    partner = partner + (partner >= one)
    first, second = random.integers(0, len(classes), (2, PAIRS))
    apart = classes[first] != classes[second]
    return (order[one], order[partner]), (first[apart], second[apart])


def _cosines(embeddings: NDArray[np.float32], pairs: Pairs) -> NDArray[np.float32]:
    return np.concatenate(list(_in_blocks(embeddings, pairs)))


def _in_blocks(embeddings: NDArray[np.float32], pairs: Pairs) -> Iterator[NDArray[np.float32]]:
    first, second = pairs
    for begin in range(0, len(first), BLOCK):
        part = slice(begin, begin + BLOCK)
        yield np.einsum("ij,ij->i", embeddings[first[part]], embeddings[second[part]])

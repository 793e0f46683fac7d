"""Cosines of pairs of the same class and of different classes, before and after training."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.plugins.charts import Finding
from hydro.similarity.predictions import RetrievalPredictions

MAX_ROWS_FOR_ALL_PAIRS = 1200
"""Of more rows, pairs are sampled."""
SAMPLED_PAIRS = 300_000
"""Pairs sampled of each kind."""
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
    tables, summary = (
        [],
        [f"{len(same[0]):,} pairs of the same class, {len(different[0]):,} others."],
    )
    for when, both in found.items():
        shares = [np.histogram(np.clip(v, edges[0], 1), edges)[0] / len(v) for v in both]
        table, sentence = _facet(when, edges, *shares)
        tables.append(table)
        summary.append(sentence)
    return Finding(pd.concat(tables, ignore_index=True), tuple(summary))


def _facet(
    when: str, edges: NDArray[np.float64], same: NDArray[np.float64], other: NDArray[np.float64]
) -> tuple[pd.DataFrame, str]:
    """Return the rows of one histogram, and a sentence on it."""
    overlap = np.minimum(same, other).sum()
    # The share of same-class pairs from each edge on, and of the others below it.
    right = (np.append(same[::-1].cumsum()[::-1], 0) + np.append(0, other.cumsum())) / 2
    best = int(right.argmax())
    table = pd.DataFrame({"when": when, "cosine": edges[:-1].round(6)})
    table = table.assign(same_class=same, different_class=other, best_threshold=edges[best])
    sentence = (
        f"{when.capitalize()}, {100 * overlap:.1f} % of the two areas overlap; at a cosine of "
        f"{edges[best]:.2f} they are separated best, {100 * right[best]:.1f} % of each "
        "kind, on average, on its side."
    )
    return table, sentence


def _pairs(classes: NDArray[np.int64], random: np.random.Generator) -> tuple[Pairs, Pairs]:
    """Return pairs of the same class, and of different classes."""
    if len(classes) <= MAX_ROWS_FOR_ALL_PAIRS:
        first, second = np.triu_indices(len(classes), 1)
        same = classes[first] == classes[second]
        return (first[same], second[same]), (first[~same], second[~same])
    order = classes.argsort(kind="stable")
    _, starts, kinds, counts = np.unique(
        classes[order], return_index=True, return_inverse=True, return_counts=True
    )
    size, start = counts[kinds], starts[kinds]
    several = np.flatnonzero(size > 1)
    # A row is drawn in proportion to its partners, so that all pairs are equally likely.
    chances = size[several] - 1.0
    drawn = SAMPLED_PAIRS if len(several) else 0
    one = random.choice(several, drawn, p=chances / chances.sum()) if drawn else several
    # One of the class's other rows: those after the row move up by one position.
    partner = start[one] + random.integers(0, size[one] - 1) if drawn else several
    partner = partner + (partner >= one)
    first, second = random.integers(0, len(classes), (2, SAMPLED_PAIRS))
    apart = classes[first] != classes[second]
    return (order[one], order[partner]), (first[apart], second[apart])


def _cosines(embeddings: NDArray[np.float32], pairs: Pairs) -> NDArray[np.float32]:
    return np.concatenate(list(_in_blocks(embeddings, pairs)))


def _in_blocks(embeddings: NDArray[np.float32], pairs: Pairs) -> Iterator[NDArray[np.float32]]:
    first, second = pairs
    for begin in range(0, len(first), BLOCK):
        part = slice(begin, begin + BLOCK)
        yield np.einsum("ij,ij->i", embeddings[first[part]], embeddings[second[part]])

"""How precise it is to take the pairs of rows from a similarity on for the same class."""

import numpy as np
import torch
from numpy.typing import NDArray

BINS = 2**16
"""Bins of cosines from -1 to 1; a threshold is the lower end of one of them."""

PAIRS_PER_BLOCK = 2**21

Z = 1.959964
"""Standard errors from the middle of an interval of 95 % to its ends."""

EXPECTED_ERRORS = 2
"""Wrong pairs that whole rows are expected to cause beside those that were seen."""

Counts = NDArray[np.int64]
Values = NDArray[np.float64]


def count_pairs(
    embeddings: NDArray[np.float32], classes: Counts, device: torch.device | str
) -> Counts:
    """Count the pairs of rows by cosine: ``(2, BINS)``, those of two classes and those of one."""
    vectors = torch.as_tensor(embeddings, device=device)
    labels = torch.as_tensor(classes, device=device)
    counts = torch.zeros(2 * BINS + 1, dtype=torch.int64, device=device)
    for some in _blocks(len(vectors)):
        steps = _bins(vectors[some] @ vectors[some.start :].T)
        steps += BINS * (labels[some, None] == labels[some.start :])
        # A pair is counted once, and no row with itself.
        earlier = torch.ones_like(steps, dtype=torch.bool).tril()
        counts += torch.bincount(
            steps.masked_fill(earlier, 2 * BINS).ravel(), minlength=len(counts)
        )
    pairs: Counts = counts[:-1].reshape(2, BINS).cpu().numpy()
    return pairs


def count_pairs_of_rows(
    embeddings: NDArray[np.float32], classes: Counts, bins: Counts, device: torch.device | str
) -> Counts:
    """Count each row's pairs from some bins on: ``(2, bins, rows)``, all and those of one class.

    ``bins`` are in ascending order.
    """
    vectors = torch.as_tensor(embeddings, device=device)
    labels = torch.as_tensor(classes, device=device)
    edges = torch.as_tensor(bins, device=device)
    rows = len(vectors)
    counts = torch.zeros(2, len(bins) * rows, dtype=torch.int64, device=device)
    for some in _blocks(rows if len(bins) else 0):
        cosines = vectors[some] @ vectors[some.start :].T
        # Few pairs are that similar: only theirs are looked up, and those just below.
        near = cosines >= 2 * (int(bins[0]) - 1) / BINS - 1
        first, second = torch.nonzero(near.triu(1), as_tuple=True)
        level = torch.searchsorted(edges, _bins(cosines[first, second]), right=True)
        first, second, level = (each[level > 0] for each in (first, second, level))
        place = (level - 1) * rows
        first, second = first + some.start, second + some.start
        same = (labels[first] == labels[second]).long()
        for row in (first, second):
            counts[0].index_add_(0, place + row, torch.ones_like(same))
            counts[1].index_add_(0, place + row, same)
    by_row: Counts = counts.reshape(2, len(bins), rows).cpu().numpy()
    return by_row[:, ::-1].cumsum(axis=1)[:, ::-1]


def lower_bounds(taken: Counts, same: Counts) -> Values:
    """Return the lower end of the 95 % interval of each precision, ``(bins,)``.

    ``taken`` and ``same`` are the pairs of each row, all and those of one class: ``(bins, rows)``.

    The interval is Wilson's ("Probable inference, the law of succession, and statistical
    inference", 1927) with fewer pairs than there are, as pairs with a row in common go wrong
    together. With p the precision and e = 1 - p for a pair {i, j} of one class, -p for another one,
    the variance of p is that of independent pairs times

        (Σ_i (Σ_j e_ij)² - Σ_{ij} e_ij²) / Σ_{ij} e_ij²

    (Aronow, Samii, Assenova, "Cluster-robust variance estimation for dyadic data", 2015). A few
    errors tell little about how they cluster, and none tells nothing. So the factor is averaged
    with that of rows that are wrong in all of their pairs, which is the same with e constant; the
    weights are the number of wrong pairs and `EXPECTED_ERRORS`.
    """
    pairs = taken.sum(axis=1) / 2
    precision = same.sum(axis=1) / 2 / pairs
    wrong = pairs * (1 - precision)
    variance = wrong * precision
    residuals = same - precision[:, None] * taken
    whole = np.maximum(1, (taken.astype(np.float64) ** 2).sum(axis=1) / pairs - 1)
    seen = whole.copy()
    np.divide((residuals**2).sum(axis=1), variance, out=seen, where=variance > 0)
    seen = np.where(variance > 0, np.maximum(1, seen - 1), whole)
    factor = (wrong * seen + EXPECTED_ERRORS * whole) / (wrong + EXPECTED_ERRORS)
    of = Z**2 * factor / pairs
    spread = Z * np.sqrt(precision * (1 - precision) * factor / pairs + (of / 2 / Z) ** 2)
    bounds: Values = (precision + of / 2 - spread) / (1 + of)
    return bounds


def _blocks(rows: int) -> list[slice]:
    size = max(1, PAIRS_PER_BLOCK // max(1, rows))
    return [slice(start, start + size) for start in range(0, rows, size)]


def _bins(cosines: torch.Tensor) -> torch.Tensor:
    """Return the bins of cosines."""
    # Double precision places a cosine of single precision in its step exactly.
    return ((cosines.double() + 1) * (BINS / 2)).floor().long().clamp(0, BINS - 1)

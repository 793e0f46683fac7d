"""The similarity threshold from which on two rows are taken for the same class."""

from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray

BINS = 2**16
"""Bins of cosines from -1 to 1; a threshold is the lower end of one of them."""

MAX_ROWS = 20_000
"""Of more rows, the pairs of a random sample of this size are counted."""

MIN_PAIRS = 30
"""A threshold needs so many pairs at or above it: the precision of fewer says little of others."""

PAIRS_PER_BLOCK = 2**21


@dataclass(frozen=True)
class Threshold:
    """A threshold, with its precision and recall over the pairs of held-out rows."""

    threshold: float | None
    """None where no similarity reaches the requested precision."""
    precision: float
    """At the threshold; without one, the best that any similarity reaches."""
    recall: float
    asked_precision: float
    rows: int
    pairs: int
    same_pairs: int
    pairs_taken: int
    """Pairs at or above the threshold; without one, at the similarity of the best precision."""
    balanced_threshold: float | None
    """The similarity of the best F1 score, with its precision and recall."""
    balanced_precision: float
    balanced_recall: float

    def __str__(self) -> str:
        """Describe it in one sentence."""
        of = f"of {self.pairs:,} pairs of held-out rows"
        balanced = ""
        if self.balanced_threshold is not None:
            balanced = (
                f"; balanced (best F1) from {self.balanced_threshold:.4f}: precision "
                f"{self.balanced_precision:.3f}, recall {self.balanced_recall:.3f}"
            )
        if not self.pairs_taken:
            return f"same / not same: {self.pairs:,} pairs are too few for a threshold"
        if self.threshold is None:
            return (
                f"same / not same: no similarity that {MIN_PAIRS} pairs reach has precision "
                f"{self.asked_precision:g}; the best is {self.precision:.3f} {of}. There is no "
                "threshold: ask for less with "
                f"prediction.threshold_precision, or train a better model{balanced}"
            )
        return (
            f"same from similarity {self.threshold:.4f}: precision {self.precision:.3f}, recall "
            f"{self.recall:.3f} {of}, {self.pairs_taken:,} of them at or above it{balanced}"
        )

    def to_json(self) -> dict[str, object]:
        """Return it as it is stored, with a ``summary``."""
        return {**asdict(self), "summary": str(self)}


def choose_threshold(
    embeddings: NDArray[np.float32],
    classes: NDArray[np.int64],
    *,
    precision: float,
    device: torch.device | str = "cpu",
) -> Threshold:
    """Choose the lowest similarity at which a pair of rows is of one class often enough.

    With s the cosine of two rows and y their classes, over all pairs i < j of labeled rows

        precision(t) = |{s ≥ t, same y}| / |{s ≥ t}|
        recall(t) = |{s ≥ t, same y}| / |{same y}|

    and t is the lowest with precision(t) ≥ ``precision`` and `MIN_PAIRS` pairs at or above it,
    which is the one of the highest recall. The balanced one has the highest F1 score.
    Precision and recall are those of Manning, Raghavan, Schütze, "Introduction to Information
    Retrieval" (2008), section 8.3, with pairs in the place of documents. Cosines are counted in
    steps of 2 / 65,536, block by block, so memory does not grow with the number of pairs.

    Args:
        embeddings: ``(rows, size)``, of length 1.
        classes: ``(rows,)``, -1 for none.
        precision: above 0, at most 1.
        device: where to compute.
    """
    labeled = np.flatnonzero(classes >= 0)
    if len(labeled) > MAX_ROWS:
        labeled = np.sort(np.random.default_rng(0).permutation(labeled)[:MAX_ROWS])
    other, same = count_pairs(embeddings[labeled], classes[labeled], device)
    # Cumulated from the highest similarity down, as a threshold is lowered.
    found = np.cumsum(same[::-1])[::-1]
    taken = np.cumsum((same + other)[::-1])[::-1]
    right = np.divide(found, taken, out=np.zeros(BINS), where=taken > 0)
    # Between two pairs nothing changes; the threshold is the one just below a pair.
    enough = (same + other > 0) & (taken >= MIN_PAIRS)
    reached = np.flatnonzero((right >= precision) & enough)
    at = int(reached[0] if reached.size else np.where(enough, right, -1).argmax())
    best = int(np.where(enough & (found > 0), 2 * found / (taken + found[0] + 1e-9), -1).argmax())
    has_any, has_balanced = bool(enough.any()), bool((enough & (found > 0)).any())
    all_same = max(1, int(found[0]))
    return Threshold(
        threshold=2 * at / BINS - 1 if reached.size else None,
        precision=float(right[at]) if has_any else 0.0,
        recall=float(found[at] / all_same) if has_any else 0.0,
        asked_precision=precision,
        rows=len(labeled),
        pairs=int(taken[0]),
        same_pairs=int(found[0]),
        pairs_taken=int(taken[at]) if has_any else 0,
        balanced_threshold=2 * best / BINS - 1 if has_balanced else None,
        balanced_precision=float(right[best]) if has_balanced else 0.0,
        balanced_recall=float(found[best] / all_same) if has_balanced else 0.0,
    )


def count_pairs(
    embeddings: NDArray[np.float32], classes: NDArray[np.int64], device: torch.device | str
) -> NDArray[np.int64]:
    """Count the pairs of rows by cosine: ``(2, BINS)``, those of two classes and those of one."""
    vectors = torch.as_tensor(embeddings, device=device)
    labels = torch.as_tensor(classes, device=device)
    counts = torch.zeros(2 * BINS + 1, dtype=torch.int64, device=device)
    size = max(1, PAIRS_PER_BLOCK // max(1, len(vectors)))
    for start in range(0, len(vectors), size):
        some = slice(start, start + size)
        # Double precision places a cosine of single precision in its step exactly.
        cosines = (vectors[some] @ vectors[start:].T).double()
        steps = ((cosines + 1) * (BINS / 2)).floor().long().clamp(0, BINS - 1)
        steps += BINS * (labels[some, None] == labels[start:])
        # A pair is counted once, and no row with itself.
        earlier = torch.ones_like(steps, dtype=torch.bool).tril()
        counts += torch.bincount(
            steps.masked_fill(earlier, 2 * BINS).ravel(), minlength=len(counts)
        )
    pairs: NDArray[np.int64] = counts[:-1].reshape(2, BINS).cpu().numpy()
    return pairs

"""The similarity threshold from which on two rows are taken for the same class."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hydro.similarity.pair_precision import (
    BINS,
    count_pairs,
    count_pairs_of_rows,
    lower_bounds,
)

MAX_ROWS = 20_000
"""Of more rows, the pairs of a random sample of this size are counted."""

MIN_PAIRS = 30
"""A threshold needs so many pairs at or above it: the precision of fewer says little of others."""

TRIED = 64
"""Similarities that are tried as the threshold."""

Embeddings = NDArray[np.float32]
Classes = NDArray[np.int64]


@dataclass(frozen=True)
class Threshold:
    """A threshold, with its precision and recall over the pairs of held-out rows."""

    threshold: float | None
    """None where no similarity is shown to have the requested precision."""
    precision: float
    """At the threshold; without one, where the least is largest or, if nothing was tried, best."""
    recall: float
    asked_precision: float
    rows: int
    pairs: int
    same_pairs: int
    pairs_taken: int
    """Pairs at or above the threshold; without one, at the similarity of ``precision``."""
    balanced_threshold: float | None
    """The similarity of the best F1 score, with its precision and recall."""
    balanced_precision: float
    balanced_recall: float
    precision_at_least: float | None = None
    """The lower end of the 95 % interval of ``precision``; None where none was computed."""

    def __str__(self) -> str:
        """Describe it in one sentence."""
        of = f"of {self.pairs:,} pairs of held-out rows"
        if not self.pairs_taken:
            return f"same / not same: {self.pairs:,} pairs are too few for a threshold"
        least = ""
        if self.precision_at_least is not None:
            least = f" (95 % interval from {self.precision_at_least:.3f})"
        if self.threshold is None:
            asked = f"precision {self.asked_precision:g} is not shown"
            if self.asked_precision == 1:
                asked = "no number of pairs shows a precision of 1"
            return (
                f"same / not same: there is no threshold, as {asked}; the best is "
                f"{self.precision:.3f}{least} of {self.pairs_taken:,} {of}. Hold out more rows, "
                "ask for less with prediction.threshold_precision, or train a better "
                f"model{self._balanced()}"
            )
        return (
            f"same from similarity {self.threshold:.4f}: precision {self.precision:.3f}{least}, "
            f"recall {self.recall:.3f} {of}, {self.pairs_taken:,} of them at or above it"
            + self._balanced()
        )

    def _balanced(self) -> str:
        if self.balanced_threshold is None:
            return ""
        return (
            f"; balanced (best F1) from {self.balanced_threshold:.4f}: precision "
            f"{self.balanced_precision:.3f}, recall {self.balanced_recall:.3f}"
        )

    def to_json(self) -> dict[str, object]:
        """Return it as it is stored, with a ``summary``."""
        return {**asdict(self), "summary": str(self)}


def choose_threshold(
    embeddings: Embeddings,
    classes: Classes,
    *,
    precision: float,
    device: torch.device | str = "cpu",
) -> Threshold:
    """Choose the lowest similarity at which a pair of rows is surely of one class often enough.

    With s the cosine of two rows and y their classes, over all pairs i < j of labeled rows

        precision(t) = |{s ≥ t, same y}| / |{s ≥ t}|
        recall(t) = |{s ≥ t, same y}| / |{same y}|

    and t is the lowest at which the 95 % interval of precision(t) begins at ``precision`` or above,
    with `MIN_PAIRS` pairs or more. `TRIED` similarities are tried, at numbers of pairs in geometric
    progression, from `MIN_PAIRS` to where precision(t) itself is last enough. The balanced
    threshold has the highest F1 score. Precision and recall are those of Manning, Raghavan,
    Schütze, "Introduction to Information Retrieval" (2008), section 8.3, with pairs in the place of
    documents. Cosines are counted in steps of 2 / 65,536, block by block, so memory does not grow
    with the number of pairs.

    Args:
        embeddings: ``(rows, size)``, of length 1.
        classes: ``(rows,)``, -1 for none.
        precision: above 0, at most 1.
        device: where to compute.
    """
    embeddings, classes = _sample(embeddings, classes)
    found, taken = _cumulated(embeddings, classes, device)
    right = np.divide(found, taken, out=np.zeros(BINS), where=taken > 0)
    # Between two pairs nothing changes; the threshold is the one just below a pair.
    enough = (np.diff(taken, append=0) < 0) & (taken >= MIN_PAIRS)
    tried = _tried(np.flatnonzero(enough), taken, right >= precision)
    bounds = lower_bounds(*count_pairs_of_rows(embeddings, classes, tried, device))
    shown = np.flatnonzero(bounds >= precision)
    place = int(shown[0] if shown.size else bounds.argmax()) if tried.size else None
    at = int(np.where(enough, right, -1).argmax() if place is None else tried[place])
    f1 = np.where(enough & (found > 0), 2 * found / (taken + found[0] + 1e-9), -1)
    best = int(f1.argmax())
    has_any, has_balanced = bool(enough.any()), bool(f1[best] >= 0)
    all_same = max(1, int(found[0]))
    return Threshold(
        threshold=_similarity(at) if shown.size else None,
        precision=float(right[at]) if has_any else 0.0,
        recall=float(found[at] / all_same) if has_any else 0.0,
        asked_precision=precision,
        rows=len(embeddings),
        pairs=int(taken[0]),
        same_pairs=int(found[0]),
        pairs_taken=int(taken[at]) if has_any else 0,
        balanced_threshold=_similarity(best) if has_balanced else None,
        balanced_precision=float(right[best]) if has_balanced else 0.0,
        balanced_recall=float(found[best] / all_same) if has_balanced else 0.0,
        precision_at_least=None if place is None else float(bounds[place]),
    )


def score_threshold(
    decision: Mapping[str, Any],
    embeddings: Embeddings,
    classes: Classes,
    *,
    device: torch.device | str = "cpu",
) -> dict[str, object] | None:
    """Score thresholds on rows that did not choose them.

    ``decision`` is what `Threshold.to_json` gave. Returns the thresholds with their precision,
    which is None where no pair is that similar, and recall; None if there is no threshold at all.
    """
    embeddings, classes = _sample(embeddings, classes)
    found, taken = _cumulated(embeddings, classes, device)
    scores: dict[str, object] = {"rows": len(embeddings), "pairs": int(taken[0])}
    said = []
    for kind, name in (("", "same"), ("balanced_", "balanced (best F1)")):
        threshold = decision[f"{kind}threshold"]
        if threshold is None:
            continue
        at = round((threshold + 1) * BINS / 2)
        precision = float(found[at] / taken[at]) if taken[at] else None
        recall = float(found[at] / max(1, int(found[0])))
        scores |= {
            f"{kind}threshold": threshold,
            f"{kind}precision": precision,
            f"{kind}recall": recall,
            f"{kind}pairs_taken": int(taken[at]),
        }
        shown = "none, as no pair is that similar" if precision is None else f"{precision:.3f}"
        said.append(
            f"{name} from similarity {threshold:.4f}: precision {shown}, recall {recall:.3f}"
        )
    if not said:
        return None
    summary = (
        f"on these rows, which did not choose it, {'; '.join(said)}, of {int(taken[0]):,} pairs"
    )
    return {**scores, "summary": summary}


def _tried(enough: Classes, taken: Classes, reached: NDArray[np.bool_]) -> Classes:
    """Return the bins to try, ascending: none if the precision is nowhere reached."""
    reached_bins = enough[reached[enough]]
    if not reached_bins.size:
        return reached_bins
    bins = enough[enough >= reached_bins[0]]
    counts = np.geomspace(taken[bins[0]], taken[bins[-1]], TRIED).round()
    places = np.searchsorted(-taken[bins], -counts)
    tried: Classes = bins[np.unique(places.clip(0, len(bins) - 1))]
    return tried


def _sample(embeddings: Embeddings, classes: Classes) -> tuple[Embeddings, Classes]:
    """Return the labeled rows, or a random sample of many."""
    labeled = np.flatnonzero(classes >= 0)
    if len(labeled) > MAX_ROWS:
        labeled = np.sort(np.random.default_rng(0).permutation(labeled)[:MAX_ROWS])
    return embeddings[labeled], classes[labeled]


def _cumulated(
    embeddings: Embeddings, classes: Classes, device: torch.device | str
) -> tuple[Classes, Classes]:
    """Return the pairs of one class, and all pairs, from each bin on: ``(BINS,)``."""
    other, same = count_pairs(embeddings, classes, device)
    found, taken = (np.cumsum(each[::-1])[::-1] for each in (same, same + other))
    return found, taken


def _similarity(at: int) -> float:
    return 2 * at / BINS - 1

"""Warn where a loss of pairs is trained on batches that have few."""

import numpy as np
from numpy.typing import NDArray

ENOUGH = 0.5
"""Share of the rows of a batch that have another row of their class in it."""


def pairs_note(classes: NDArray[np.int64], batch_size: int, loss: str) -> list[str]:
    """Return a warning where less than half of the rows of a shuffled batch have a positive.

    Args:
        classes: of the training rows, ``(rows,)``.
        batch_size: rows of a batch.
        loss: the name of the loss.
    """
    share = share_with_positive(classes, batch_size)
    if share >= ENOUGH:
        return []
    return [
        f"{loss} compares the rows of a batch, and of {batch_size} rows drawn at random "
        f"{share:.0%} have another one of their class. Set training.sampler: Balanced"
    ]


def share_with_positive(classes: NDArray[np.int64], batch_size: int) -> float:
    """Compute the expected share of the rows of a random batch that have one of their class in it.

    As if the others were drawn with replacement.
    """
    _, counts = np.unique(classes, return_counts=True)
    others = (counts - 1) / max(1, len(classes) - 1)
    alone = (1 - others) ** (batch_size - 1)
    return float(1 - (counts * alone).sum() / len(classes))

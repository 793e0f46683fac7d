"""Starts the class centres of a loss at the means of the untrained embeddings."""

import numpy as np
import torch
from numpy.typing import NDArray

from hydro.api import Precision
from hydro.text import Encoder, embed
from hydro_text_metric_learning.dataset import LabelledTexts
from hydro_text_metric_learning.losses.arcface import ArcFace

ENOUGH = 32
"""Rows a class; the mean of these few is as good a start as that of all."""

BLOCK = 65_536
"""Rows whose embeddings are in memory at once."""


def start_at_class_means(
    loss: ArcFace, encoder: Encoder, texts: LabelledTexts, precision: Precision
) -> None:
    """Point each class centre at the mean embedding of some rows of the class."""
    rows = _first_of_each(texts.classes, ENOUGH)
    sums = torch.zeros(loss.weight.shape)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        embeddings = embed(encoder, texts.corpus.take(block), autocast=precision.inference)
        classes = torch.from_numpy(texts.classes[block])
        sums.index_add_(0, classes, torch.from_numpy(embeddings))
    # A length of 1 is all that matters of a centre, so the sum does for the mean.
    loss.start_at(sums)


def _first_of_each(classes: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Give the positions of the first ``count`` rows of every class, in order."""
    order = np.argsort(classes, kind="stable")
    starts = np.searchsorted(classes[order], classes[order])
    return np.sort(order[np.arange(len(classes)) - starts < count])

"""Starts the class centers of a loss at the means of the untrained embeddings."""

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from hydro.api import Precision
from hydro.text import Encoder, embed
from hydro_text_metric_learning.dataset import LabeledTexts
from hydro_text_metric_learning.losses.arcface import ArcFace

ROWS_PER_CLASS = 32
"""Rows a class; the mean of these few is as good a start as that of all."""

BLOCK = 65_536
"""Rows that are looked at, and embedded, at a time."""


def init_from_class_means(
    loss: ArcFace, encoder: Encoder, texts: LabeledTexts, precision: Precision
) -> None:
    """Point each class center at the mean embedding of some rows of the class."""
    rows = _first_of_each(texts.classes, ROWS_PER_CLASS)
    sums = torch.zeros(loss.weight.shape)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        embeddings = embed(encoder, texts.corpus.take(block), autocast=precision.inference)
        classes = torch.from_numpy(texts.classes[block])
        sums.index_add_(0, classes, torch.from_numpy(embeddings))
    # A length of 1 is all that matters of a center, so the sum does for the mean.
    loss.set_weight(sums)


def _first_of_each(classes: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return the positions of the first ``count`` rows of every class, in order."""
    seen = np.zeros(classes.max(initial=-1) + 1, np.int64)
    found = []
    for start in range(0, len(classes), BLOCK):
        block = classes[start : start + BLOCK]
        earlier = pd.Series(block).groupby(block).cumcount().to_numpy() + seen[block]
        found.append(start + np.flatnonzero(earlier < count))
        seen += np.bincount(block, minlength=len(seen))
    return np.concatenate([np.empty(0, np.int64), *found])

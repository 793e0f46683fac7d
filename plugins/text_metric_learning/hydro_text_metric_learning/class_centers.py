"""Means of the embeddings of each class."""

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from hydro.api import Precision
from hydro.text import Encoder, embed
from hydro_text_metric_learning.dataset import LabeledTexts

ROWS_PER_CLASS = 32
"""Rows a class; the mean of these few is as good a start as that of all."""

BLOCK = 65_536
"""Rows that are looked at, and embedded, at a time."""


def class_means(
    encoder: Encoder, texts: LabeledTexts, precision: Precision, classes: int
) -> torch.Tensor:
    """Compute the sum of the embeddings of some rows of each class: ``(classes, size)``.

    The length of a center does not matter, so the sum does for the mean.
    """
    rows = _first_of_each(texts.classes, ROWS_PER_CLASS)
    sums = torch.zeros(classes, encoder.embedding_size)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        embeddings = embed(encoder, texts.corpus.take(block), autocast=precision.inference)
        sums.index_add_(0, torch.from_numpy(texts.classes[block]), torch.from_numpy(embeddings))
    return sums


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

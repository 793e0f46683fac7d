"""Mean embeddings of classes, from which the class weights of a loss can start."""

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from hydro.text.dataset import LabeledTexts
from hydro.text.encoder import Encoder
from hydro.text.inference import embed
from hydro.training.precision import Precision

ROWS_PER_CLASS = 32
"""Rows per class; the mean of these few is as good a start as that of all."""

BLOCK = 65_536
"""Rows at a time."""


def class_means(
    encoder: Encoder, dataset: LabeledTexts, precision: Precision, classes: int
) -> Tensor:
    """Compute the sum of the embeddings of some rows of each class: ``(classes, size)``.

    It points in the direction of the mean; its length is that of no mean.
    """
    rows = _first_of_each(dataset.targets, ROWS_PER_CLASS)
    sums = torch.zeros(classes, encoder.embedding_size)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        embeddings = embed(encoder, dataset.texts.take(block), autocast=precision.inference)
        sums.index_add_(0, torch.from_numpy(dataset.targets[block]), torch.from_numpy(embeddings))
    return sums


def _first_of_each(classes: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return the positions of the first ``count`` rows of every class, in order."""
    counts = np.zeros(classes.max(initial=-1) + 1, np.int64)
    found = []
    for start in range(0, len(classes), BLOCK):
        block = classes[start : start + BLOCK]
        earlier = pd.Series(block).groupby(block).cumcount().to_numpy() + counts[block]
        found.append(start + np.flatnonzero(earlier < count))
        counts += np.bincount(block, minlength=len(counts))
    return np.concatenate([np.empty(0, np.int64), *found])

"""Softmax over cosines to class centers."""

import torch
from torch import Tensor
from torch.nn import functional

from hydro_text_metric_learning.losses.class_centers import ClassCenters


class NormalizedSoftmax(ClassCenters):
    """L = cross entropy of s·cos(θ_j), with θ_j the angle of the embedding to the center of j.

    Zhai and Wu, arXiv:1811.12649, equation 3, with s = 1/σ.

    Args:
        embedding_size: size of an embedding, which need not be normalized.
        classes: number of classes.
        scale: s.
        sampled, from_class_means: as of `ClassCenters`.
    """

    def __init__(
        self,
        embedding_size: int,
        classes: int,
        scale: float,
        sampled: int | None = None,
        *,
        from_class_means: bool = False,
    ) -> None:
        super().__init__(embedding_size, classes, sampled, from_class_means=from_class_means)
        self.scale = scale

    def forward(self, embeddings: Tensor, targets: Tensor) -> Tensor:
        """Compute the mean loss of embeddings ``(batch, size)`` of classes ``(batch,)``."""
        with torch.autocast(embeddings.device.type, enabled=False):
            cosines, places = self.cosines(embeddings, targets)
            return functional.cross_entropy(self.scale * self.adjust(cosines, places), places)

    def adjust(self, cosines: Tensor, own: Tensor) -> Tensor:
        """Return cosines ``(batch, classes)``, those with the own class changed by a margin."""
        return cosines

"""Proxy-Anchor: each class center pulls its rows and pushes all others, the hardest the most."""

import torch
from torch import Tensor
from torch.nn import functional

from hydro_text_metric_learning.losses.class_centers import ClassCenters


class ProxyAnchor(ClassCenters):
    """L = mean over P⁺ of softplus(lse_x⁺ -α(s - δ)) + mean over P of softplus(lse_x⁻ α(s + δ)).

    s is the cosine of the center p of a class with the embedding x; x⁺ are the rows of a batch that
    are of the class, x⁻ the others; P⁺ are the centers of the classes of the batch, P all; lse is
    the logarithm of the sum of exponentials. Kim et al., arXiv:2003.13911, equation 4.

    Args:
        embedding_size: size of an embedding, which need not be normalized.
        classes: number of classes.
        alpha: α, by how much hard rows count more.
        margin: δ.
        from_class_means: as of `ClassCenters`.
    """

    compares_rows = True

    def __init__(
        self,
        embedding_size: int,
        classes: int,
        alpha: float,
        margin: float,
        *,
        from_class_means: bool = False,
    ) -> None:
        super().__init__(embedding_size, classes, from_class_means=from_class_means)
        self.alpha = alpha
        self.margin = margin

    def forward(self, embeddings: Tensor, targets: Tensor) -> Tensor:
        """Compute the loss of embeddings ``(batch, size)`` of classes ``(batch,)``."""
        with torch.autocast(embeddings.device.type, enabled=False):
            cosines, places = self.cosines(embeddings, targets)
            own = functional.one_hot(places, len(self.weight)).bool()
            near = torch.where(own, -self.alpha * (cosines - self.margin), -torch.inf)
            far = torch.where(own, -torch.inf, self.alpha * (cosines + self.margin))
            present = own.any(dim=0)
            pull = functional.softplus(near[:, present].logsumexp(dim=0)).mean()
            # A class that all rows are of has none to push.
            pushes = (~own).any(dim=0)
            push = functional.softplus(far[:, pushes].logsumexp(dim=0)).sum() / len(self.weight)
            return pull + push

"""CosFace: a softmax over cosines, with a margin taken off the own class's cosine."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class CosFace(nn.Module):
    """L = cross entropy of s·(cos θ_j - m·[j = y]). Wang et al., arXiv:1801.09414."""

    def __init__(self, embedding_size: int, classes: int, margin: float, scale: float) -> None:
        super().__init__()
        self.margin = margin
        self.scale = scale
        self.weight = nn.Parameter(torch.randn(classes, embedding_size))

    def forward(self, embeddings: Tensor, targets: Tensor) -> Tensor:
        """Compute the mean loss of embeddings ``(batch, size)`` of classes ``(batch,)``."""
        directions = functional.normalize(self.weight)
        cosines = functional.linear(functional.normalize(embeddings), directions)
        margins = self.margin * functional.one_hot(targets, len(directions))
        return functional.cross_entropy(self.scale * (cosines - margins), targets)

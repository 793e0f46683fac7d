"""SoftTriple: a softmax over classes that have several centers each."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class SoftTriple(nn.Module):
    """L = cross entropy of λ·S_j, with S_y - δ in place of S_y, plus τ times a regularizer.

    S_j = Σ_k softmax_k(x·w_jk / γ) x·w_jk is the similarity of the embedding x and class j, whose
    centers are w_jk; all are of length 1. The regularizer draws the centers of a class together:
    the mean of √(2 - 2 w_jk·w_jl) over all pairs k < l of all classes. Qian et al.,
    arXiv:1909.05235, equations 7, 8 and 10.

    Args:
        embedding_size: size of an embedding, which need not be normalized.
        classes: number of classes.
        centers: K, centers of a class.
        scale: λ.
        gamma: γ, how much the nearest centers count more.
        margin: δ.
        regularization: τ.
    """

    def __init__(
        self,
        embedding_size: int,
        classes: int,
        *,
        centers: int,
        scale: float,
        gamma: float,
        margin: float,
        regularization: float,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(classes, centers, embedding_size))
        self.scale, self.gamma, self.margin = scale, gamma, margin
        self.regularization = regularization if centers > 1 else 0.0

    def forward(self, embeddings: Tensor, targets: Tensor) -> Tensor:
        """Compute the mean loss of embeddings ``(batch, size)`` of classes ``(batch,)``."""
        with torch.autocast(embeddings.device.type, enabled=False):
            centers = functional.normalize(self.weight.float(), dim=2)
            cosines = torch.einsum("bs,cks->bck", functional.normalize(embeddings.float()), centers)
            similarities = ((cosines / self.gamma).softmax(dim=2) * cosines).sum(dim=2)
            margins = self.margin * functional.one_hot(targets, len(self.weight))
            loss = functional.cross_entropy(self.scale * (similarities - margins), targets)
            return loss + self.regularization * _spread(centers) if self.regularization else loss


def _spread(centers: Tensor) -> Tensor:
    """Compute the mean distance of two centers of a class, of ``(classes, K, size)``."""
    first, second = torch.triu_indices(centers.shape[1], centers.shape[1], 1, device=centers.device)
    cosines = (centers[:, first] * centers[:, second]).sum(dim=2)
    # The slope of the root is infinite at 0.
    return (2 - 2 * cosines).clamp(min=1e-10).sqrt().mean()

"""MultiSimilarity: pairs weighted by how they compare with the others of their row."""

import torch
from torch import Tensor
from torch.nn import functional

from hydro_text_metric_learning.losses.pairs import PairLoss, masked_logsumexp


class MultiSimilarity(PairLoss):
    """L_i = softplus(lse_p -α(s_ip - λ)) / α + softplus(lse_n β(s_in - λ)) / β, the mean over i.

    s is the cosine, lse the logarithm of the sum of exponentials over the pairs that the miner
    keeps: positives with s_ip < max_n s_in + ε, negatives with s_in > min_p s_ip - ε. Wang et al.,
    arXiv:1904.06627, equations 11 to 13 and 15.

    Args:
        alpha: α, by how much hard positives count more.
        beta: β, by how much hard negatives count more.
        base: λ.
        epsilon: ε of the miner; None keeps all pairs.
    """

    def __init__(self, alpha: float, beta: float, base: float, epsilon: float | None) -> None:
        super().__init__()
        self.alpha, self.beta, self.base, self.epsilon = alpha, beta, base, epsilon

    def compute(self, cosines: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Compute the loss from cosines and two masks, each ``(batch, batch)``."""
        if self.epsilon is not None:
            positive, negative = self._mine(cosines.detach(), positive, negative, self.epsilon)
        near = masked_logsumexp(-self.alpha * (cosines - self.base), positive)
        far = masked_logsumexp(self.beta * (cosines - self.base), negative)
        losses = functional.softplus(near) / self.alpha + functional.softplus(far) / self.beta
        return losses.mean()

    @staticmethod
    def _mine(
        cosines: Tensor, positive: Tensor, negative: Tensor, epsilon: float
    ) -> tuple[Tensor, Tensor]:
        hardest = torch.where(negative, cosines, -torch.inf).amax(dim=1, keepdim=True)
        easiest = torch.where(positive, cosines, torch.inf).amin(dim=1, keepdim=True)
        return positive & (cosines < hardest + epsilon), negative & (cosines > easiest - epsilon)

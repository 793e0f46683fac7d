"""Circle loss: each pair is pulled or pushed by how far it is from where it should be."""

from torch import Tensor
from torch.nn import functional

from hydro_text_metric_learning.losses.pairs import PairLoss, masked_logsumexp, mean_over


class Circle(PairLoss):
    """L_i = softplus(lse_n γ·[s_in + m]₊(s_in - m) + lse_p -γ·[1 + m - s_ip]₊(s_ip - 1 + m)).

    s is the cosine, lse the logarithm of the sum of exponentials; the weights in brackets have no
    gradient; the mean is over rows i that have positives and negatives. Sun et al.,
    arXiv:2002.10857, equations 6 and 8.

    Args:
        margin: m.
        gamma: γ.
    """

    def __init__(self, margin: float, gamma: float) -> None:
        super().__init__()
        self.margin, self.gamma = margin, gamma

    def compute(self, cosines: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Compute the loss from cosines and two masks, each ``(batch, batch)``."""
        fixed, m = cosines.detach(), self.margin
        push = self.gamma * (fixed + m).clamp(min=0) * (cosines - m)
        pull = -self.gamma * (1 + m - fixed).clamp(min=0) * (cosines - 1 + m)
        both = masked_logsumexp(push, negative) + masked_logsumexp(pull, positive)
        return mean_over(functional.softplus(both), positive.any(dim=1) & negative.any(dim=1))

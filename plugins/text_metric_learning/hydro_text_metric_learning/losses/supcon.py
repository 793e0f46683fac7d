"""SupCon: the supervised contrastive loss."""

from torch import Tensor

from hydro_text_metric_learning.losses.pairs import PairLoss, masked_logsumexp, mean_over


class SupCon(PairLoss):
    """L_i = -mean over positives p of log(exp(s_ip/τ) / Σ_a exp(s_ia/τ)), a over all other rows.

    s is the cosine; the mean is over rows i that have a positive. Khosla et al., arXiv:2004.11362,
    equation 2.

    Args:
        temperature: τ.
    """

    def __init__(self, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature

    def compute(self, cosines: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Compute the loss from cosines and two masks, each ``(batch, batch)``."""
        logits = cosines / self.temperature
        count = positive.sum(dim=1)
        own = (logits * positive).sum(dim=1) / count.clamp(min=1)
        return mean_over(masked_logsumexp(logits, positive | negative) - own, count > 0)

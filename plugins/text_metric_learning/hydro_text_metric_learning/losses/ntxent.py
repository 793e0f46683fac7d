"""NTXent: each positive pair against the negatives of its first row."""

import torch
from torch import Tensor
from torch.nn import functional

from hydro_text_metric_learning.losses.pairs import PairLoss, masked_logsumexp, mean_over


class NTXent(PairLoss):
    """L_ip = -log(exp(s_ip/τ) / (exp(s_ip/τ) + Σ_n exp(s_in/τ))), n over the rows of other classes.

    s is the cosine; the mean is over all positive pairs. Chen et al., arXiv:2002.05709, equation 1,
    with labels. It is also the multiple negatives ranking loss (Henderson et al., arXiv:1705.00652)
    with a scale of 1/τ, where rows of one class are never each other's negatives.

    Args:
        temperature: τ.
    """

    def __init__(self, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature

    def compute(self, cosines: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Compute the loss from cosines and two masks, each ``(batch, batch)``."""
        logits = cosines / self.temperature
        others = masked_logsumexp(logits, negative)[:, None]
        losses = functional.softplus(others - logits)
        # A row without negatives has nothing to lose.
        return mean_over(torch.where(positive, losses, 0.0).ravel(), positive.ravel())

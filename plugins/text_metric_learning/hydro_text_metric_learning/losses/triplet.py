"""Triplet loss with mining within the batch."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from hydro_text_metric_learning.losses.pairs import PairLoss, mean_over

Mining = Literal["Batch hard", "Semi-hard"]


class Triplet(PairLoss):
    """L = [d_ap - d_an + m]₊, or softplus(d_ap - d_an) without a margin.

    d is the Euclidean distance of normalized embeddings. Batch hard takes for each row the farthest
    positive and the nearest negative (Hermans et al., arXiv:1703.07737, equation 5); semi-hard
    takes for each positive pair the nearest negative that is farther than the positive, or else
    the farthest negative (Schroff et al., arXiv:1503.03832, section 3.2).

    Args:
        margin: m; None for the soft margin.
        mining: how the triplets are chosen.
    """

    def __init__(self, margin: float | None, mining: Mining) -> None:
        super().__init__()
        self.margin, self.mining = margin, mining

    def compute(self, cosines: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Compute the loss from cosines and two masks, each ``(batch, batch)``."""
        # The slope of the root is infinite at 0.
        distances = (2 - 2 * cosines).clamp(min=1e-10).sqrt()
        if self.mining == "Batch hard":
            near = torch.where(positive, distances, -torch.inf).amax(dim=1)
            far = torch.where(negative, distances, torch.inf).amin(dim=1)
            usable = positive.any(dim=1) & negative.any(dim=1)
        else:
            near, far = distances, self._semi_hard(distances, negative)
            usable = positive & negative.any(dim=1)[:, None]
        # No triplet has an infinite side, whose gradient would be NaN.
        gaps = torch.where(usable, near, 0.0) - torch.where(usable, far, 0.0)
        losses = functional.softplus(gaps) if self.margin is None else (gaps + self.margin).relu()
        return mean_over(losses.ravel(), usable.ravel())

    @staticmethod
    def _semi_hard(distances: Tensor, negative: Tensor) -> Tensor:
        """Return the distance of the negative of each pair ``(anchor, positive)``."""
        fixed = torch.where(negative, distances.detach(), -torch.inf)
        ordered, places = fixed.sort(dim=1)
        farther = torch.searchsorted(ordered, distances.detach(), right=True)
        last = torch.full_like(farther, distances.shape[1] - 1)
        return distances.gather(1, places.gather(1, torch.minimum(farther, last)))

"""What losses of pairs share: the cosines of all pairs of rows of a batch."""

from abc import abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional


class PairLoss(nn.Module):
    """A loss of the cosines of pairs of rows, of one class (positive) or of two (negative).

    A batch without the pairs that a loss needs has a loss of 0. Over several processes the rows of
    a batch are gathered before.
    """

    compares_rows = True

    def forward(self, embeddings: Tensor, targets: Tensor) -> Tensor:
        """Compute the loss of embeddings ``(batch, size)`` of classes ``(batch,)``."""
        with torch.autocast(embeddings.device.type, enabled=False):
            vectors = functional.normalize(embeddings.float())
            negative = targets[:, None] != targets
            positive = ~negative & ~torch.eye(len(targets), dtype=torch.bool, device=targets.device)
            return self.compute(vectors @ vectors.T, positive, negative)

    @abstractmethod
    def compute(self, cosines: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Compute the loss from cosines and two masks, each ``(batch, batch)``."""


def masked_logsumexp(values: Tensor, mask: Tensor) -> Tensor:
    """Compute log Σ exp over the values of each row that the mask selects; -inf for none.

    Gradients are 0 where nothing is selected.
    """
    any_selected = mask.any(dim=1)
    # Where nothing is selected, -inf minus itself would make the gradient NaN.
    safe = torch.where(mask | ~any_selected[:, None], values, -torch.inf).logsumexp(dim=1)
    return torch.where(any_selected, safe, -torch.inf)


def mean_over(values: Tensor, rows: Tensor) -> Tensor:
    """Compute the mean of the values ``(n,)`` of the rows that are selected; 0 for none."""
    return torch.where(rows, values, 0.0).sum() / rows.sum().clamp(min=1)

"""The neck between the pooled vector and the embedding: projection, batch norm, or both."""

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm


class BatchNorm(nn.BatchNorm1d):
    """Batch normalization that supports a batch of one text.

    One text has no variance to divide by, so the running statistics are used.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Normalize ``(batch, features)``."""
        if len(input) > 1:
            return super().forward(input)
        mean, variance = self.running_mean, self.running_var
        return batch_norm(input, mean, variance, self.weight, self.bias, eps=self.eps)


def build_projection(width: int, size: int, *, batch_normalization: bool) -> nn.Module | None:
    """Build the neck from vectors of ``width`` to embeddings of ``size``; None for none.

    There is no projection where the two are equal.
    """
    projection = nn.Linear(width, size) if size != width else None
    if not batch_normalization:
        return projection
    return nn.Sequential(*filter(None, [projection, BatchNorm(size)]))


@torch.no_grad()
def as_linear(neck: nn.Module | None) -> nn.Linear | None:
    """Return a neck in evaluation mode as one linear layer; None for no neck.

    Batch norm, w·(x - μ)/sqrt(σ² + ε) + b, then only scales and shifts each feature.
    """
    if neck is None or isinstance(neck, nn.Linear):
        return neck
    *projections, norm = neck.children()
    assert isinstance(norm, nn.modules.batchnorm._BatchNorm)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
    size = norm.num_features
    weight, bias = torch.eye(size, device=scale.device), torch.zeros_like(scale)
    for projection in projections:
        assert isinstance(projection, nn.Linear)
        weight, bias = projection.weight, projection.bias
    folded = nn.Linear(weight.shape[1], size, device=scale.device)
    folded.weight.copy_(scale[:, None] * weight)
    folded.bias.copy_(scale * (bias - norm.running_mean) + norm.bias)
    return folded

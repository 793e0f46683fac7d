"""Batch normalization whose statistics are those of the batches of all processes together."""

from typing import Any

import torch
from torch import Tensor, distributed, nn


class BatchNorm(nn.modules.batchnorm._BatchNorm):
    """Normalize with mean and variance over all processes, on any device.

    y = w·(x - μ)/sqrt(σ² + ε) + b, with μ and σ² over all but the second axis; Ioffe and Szegedy,
    arXiv:1502.03167, algorithm 1. torch's own SyncBatchNorm takes no tensors of a CPU. Where there
    is one value for each feature there is no spread, so the running statistics serve.
    """

    counts = True
    """Whether this process's batch counts; one that only keeps step with the others does not."""

    def _check_input_dim(self, input: Tensor) -> None:
        """Take ``(batch, features, …)``."""

    def forward(self, input: Tensor) -> Tensor:
        """Normalize ``(batch, features, …)``."""
        if not self.training:
            return super().forward(input)
        features = input.shape[1]
        values = input.float().transpose(1, -1).reshape(-1, features)
        rows = values.new_full((1,), len(values))
        total = _total(torch.cat([values.sum(0), rows]) * self.counts)
        count, mean = total[-1].detach(), total[:-1] / total[-1].detach()
        # A second pass: the difference of two large sums would lose what a variance is made of.
        variance = _total((values - mean).square().sum(0) * self.counts) / count
        if self.running_mean is not None and self.running_var is not None:
            # Chosen on the device, so that nothing waits for it.
            mean = torch.where(count > 1, mean, self.running_mean)
            variance = torch.where(count > 1, variance, self.running_var)
            unbiased = variance.detach() * count / (count - 1).clamp(min=1)
            self.running_mean.lerp_(mean.detach(), self._part())
            self.running_var.lerp_(unbiased, self._part())
        shape = (1, features, *[1] * (input.ndim - 2))
        scale = torch.rsqrt(variance + self.eps)
        if self.affine:
            scale = scale * self.weight
        normal = (input.float() - mean.view(shape)) * scale.view(shape)
        if self.affine:
            normal = normal + self.bias.view(shape)
        return normal.to(input.dtype)

    def _part(self) -> float:
        """Return what a batch counts in the running statistics; torch's default, if it has none."""
        return 0.1 if self.momentum is None else self.momentum


def synchronize(model: nn.Module) -> int:
    """Exchange every batch norm of a model, in place, for one over all processes; count them.

    Their weights stay the same objects, under the same names.
    """
    found = 0
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.modules.batchnorm._BatchNorm):
                setattr(parent, name, _synchronized(child))
                found += 1
    return found


def _synchronized(norm: nn.modules.batchnorm._BatchNorm) -> BatchNorm:
    made = BatchNorm(norm.num_features, norm.eps, norm.momentum, norm.affine)
    made.track_running_stats = norm.track_running_stats
    made._parameters = norm._parameters
    made._buffers = norm._buffers
    made.training = norm.training
    return made


class _Total(torch.autograd.Function):
    """A sum over processes, whose gradient is the sum of the gradients of all of them."""

    @staticmethod
    def forward(context: Any, value: Tensor) -> Tensor:
        total = value.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].contiguous().clone()
        distributed.all_reduce(total)
        return total


def _total(value: Tensor) -> Tensor:
    """Add up a tensor over the processes."""
    add: Any = _Total.apply
    result: Tensor = add(value)
    return result

"""Linear heads over an encoder: what its vectors are turned into.

Assign one to ``encoder.head``; the settings call this part of the model Head.
"""

import torch
from torch import Tensor, nn

from hydro.supervised.targets import Numbers


class ClassHead(nn.Linear):
    """Compute a logit for each class. All classes are equally probable before training."""

    def __init__(self, size: int, classes: int) -> None:
        super().__init__(size, classes)
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)


class NumberHead(nn.Linear):
    """Compute numbers in their own units. Before training each is the mean of the training rows."""

    mean: Tensor
    scale: Tensor

    def __init__(self, size: int, targets: Numbers) -> None:
        super().__init__(size, len(targets.columns))
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)
        self.register_buffer("mean", torch.tensor(targets.mean))
        self.register_buffer("scale", torch.tensor(targets.scale))

    def forward(self, vectors: Tensor) -> Tensor:
        """Return numbers ``(rows,)``, or ``(rows, columns)`` where there are several."""
        numbers = super().forward(vectors) * self.scale + self.mean
        return numbers[:, 0] if self.out_features == 1 else numbers

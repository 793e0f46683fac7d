"""Keeps the best weights that a run has seen."""

from dataclasses import dataclass, field

import torch
from torch import nn


@dataclass
class BestWeights:
    """The weights with the best metric so far, copied to the CPU's memory."""

    model: nn.Module
    higher_is_better: bool
    score: float | None = None
    weights: dict[str, torch.Tensor] = field(default_factory=dict)

    def update(self, score: float) -> bool:
        """Keep the present weights if they score better than any before; tell whether they did."""
        sign = 1 if self.higher_is_better else -1
        if self.score is not None and sign * score <= sign * self.score:
            return False
        self.score = score
        self.weights = {
            name: each.detach().to("cpu", copy=True)
            for name, each in self.model.state_dict().items()
        }
        return True

    def restore(self) -> None:
        """Put the best weights back into the model; a process that keeps none has nothing to."""
        self.model.load_state_dict(self.weights, strict=bool(self.weights))

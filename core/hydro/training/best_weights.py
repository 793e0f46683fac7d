"""The weights with the best validation metric of a run."""

from dataclasses import dataclass, field

import torch
from torch import nn

from hydro.training.checkpoint import State

PREFIX = "weights."


@dataclass
class BestWeights:
    """The weights with the best metric so far, copied to the CPU's memory."""

    model: nn.Module
    higher_is_better: bool
    score: float | None = None
    weights: dict[str, torch.Tensor] = field(default_factory=dict)

    def update(self, score: float) -> bool:
        """Copy the present weights if they score better than any before; return whether they do."""
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
        """Load the best weights into the model; only the main process has any."""
        self.model.load_state_dict(self.weights, strict=bool(self.weights))

    def state_dict(self) -> dict[str, object]:
        """Return the score and the weights."""
        return {"score": self.score} | {PREFIX + name: each for name, each in self.weights.items()}

    def load_state_dict(self, state: State) -> None:
        """Load what ``state_dict`` returned."""
        score = state.get("score")
        self.score = score if isinstance(score, int | float) else None
        self.weights = {
            name.removeprefix(PREFIX): each
            for name, each in state.items()
            if isinstance(each, torch.Tensor)
        }

"""A builder of a loss that returns a number."""

from torch import nn

from hydro.api import Loss, Settings, Targets


def build(settings: Settings, *, model: nn.Module, targets: Targets) -> float:
    return 0.0


LOSSES = [Loss("Wrong", build)]

"""A builder of a loss that wants more than it is given."""

from torch import nn

from hydro.api import Loss, Settings, Targets


def build(settings: Settings, *, model: nn.Module, targets: Targets, margin: float) -> nn.Module:
    return nn.MSELoss()


LOSSES = [Loss("Wrong", build)]

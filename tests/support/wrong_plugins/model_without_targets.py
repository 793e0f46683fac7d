"""A builder of a model that is not given the targets."""

from torch import nn

from hydro.api import Model, Settings


def build(settings: Settings, *, tokenizer: object) -> nn.Module:
    return nn.Linear(1, 1)


MODELS = [Model("Wrong", build)]

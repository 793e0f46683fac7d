"""Parameter groups: the learning rate of each part of the model, and what decays."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from hydro.settings.sections import TrainingSection


def parameter_groups(
    parts: Mapping[str, nn.Module], training: TrainingSection
) -> list[dict[str, Any]]:
    """Group the trainable parameters by part and by whether they decay.

    Args:
        parts: The parts of the model by the names that the settings use: Backbone, Neck, Loss.
        training: Learning rates, the parts that have one of their own, and the decay.

    Returns:
        Groups for a ``torch.optim.Optimizer``. Biases of any shape, and vectors such as the
        weights of norms, do not decay. A parameter that several parts have goes with the first of
        them.
    """
    groups = []
    grouped: set[nn.Parameter] = set()
    for name, part in parts.items():
        differential = name in training.differential_learning_rate_layers
        lr = training.differential_learning_rate if differential else training.learning_rate
        trainable = {
            parameter: decays(path, parameter)
            for path, parameter in part.named_parameters()
            if parameter.requires_grad and parameter not in grouped
        }
        grouped.update(trainable)
        for decayed in (True, False):
            chosen = [each for each, decay in trainable.items() if decay is decayed]
            decay = training.weight_decay if decayed else 0.0
            if chosen:
                groups.append({"params": chosen, "lr": lr, "weight_decay": decay})
    return groups


def decays(path: str, parameter: nn.Parameter) -> bool:
    """Return whether a parameter of a dotted name decays.

    A relative attention bias, as of MPNet and T5, is a matrix, and called a weight of its module.
    """
    is_bias = any(name.endswith("bias") for name in path.split("."))
    return parameter.ndim > 1 and not is_bias


def model_parts(model: nn.Module, loss: nn.Module) -> dict[str, nn.Module]:
    """Name the children of a model as the settings do, with the loss beside them.

    The model itself comes last, for the parameters that no child has.
    """
    children = {name.capitalize(): part for name, part in model.named_children()}
    return {**children, "Loss": loss, "": model}

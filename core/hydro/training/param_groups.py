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
        Groups for a ``torch.optim.Optimizer``. Vectors, that is biases and the weights of norms,
        do not decay. A parameter that several parts have goes with the first of them.
    """
    groups = []
    grouped: set[nn.Parameter] = set()
    for name, part in parts.items():
        differential = name in training.differential_learning_rate_layers
        lr = training.differential_learning_rate if differential else training.learning_rate
        trainable = [p for p in part.parameters() if p.requires_grad and p not in grouped]
        grouped.update(trainable)
        for matrices in (True, False):
            chosen = [each for each in trainable if (each.ndim > 1) is matrices]
            decay = training.weight_decay if matrices else 0.0
            if chosen:
                groups.append({"params": chosen, "lr": lr, "weight_decay": decay})
    return groups


def model_parts(model: nn.Module, loss: nn.Module) -> dict[str, nn.Module]:
    """Name the children of a model as the settings do, with the loss beside them.

    The model itself comes last, for the parameters that no child has.
    """
    children = {name.capitalize(): part for name, part in model.named_children()}
    return {**children, "Loss": loss, "": model}

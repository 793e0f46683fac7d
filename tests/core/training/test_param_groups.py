"""Parameters are grouped by the part they belong to and by whether they decay."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from hydro.settings.sections import TrainingSection
from hydro.testing import tiny_backbone
from hydro.text import load_backbone
from hydro.training.param_groups import model_parts, parameter_groups

Training = Callable[..., TrainingSection]


class Encoder(nn.Module):
    """A model whose modules are named to confuse whoever looks for substrings."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.ModuleDict(
            {"neck": nn.Linear(4, 4), "loss": nn.LayerNorm(4), "words": nn.Embedding(9, 4)}
        )
        self.dropout = nn.Dropout()
        self.neck = nn.ModuleDict({"backbone": nn.Linear(4, 3)})


@pytest.fixture
def model() -> Encoder:
    """A model of a backbone and a neck."""
    return Encoder()


@pytest.fixture
def loss() -> nn.Module:
    """A loss with class centers."""
    return nn.Linear(3, 5)


def by_parameter(groups: list[dict[str, Any]], name: str) -> dict[int, Any]:
    """Return one option of the group that each parameter is in."""
    return {id(each): group[name] for group in groups for each in group["params"]}


def test_each_parameter_is_in_one_group(
    model: Encoder, loss: nn.Module, training: Training
) -> None:
    groups = parameter_groups(model_parts(model, loss), training())
    grouped = [id(each) for group in groups for each in group["params"]]
    assert sorted(grouped) == sorted(id(each) for each in (*model.parameters(), *loss.parameters()))


def test_biases_and_norms_do_not_decay(model: Encoder, loss: nn.Module, training: Training) -> None:
    groups = parameter_groups(model_parts(model, loss), training(weight_decay=0.5))
    decay = by_parameter(groups, "weight_decay")
    named = {**dict(model.named_parameters()), "centers": loss.weight, "offset": loss.bias}
    assert {name for name, each in named.items() if decay[id(each)] == 0.5} == {
        "backbone.neck.weight",
        "backbone.words.weight",
        "neck.backbone.weight",
        "centers",
    }
    assert {each for each in decay.values() if each != 0.5} == {0.0}


@pytest.mark.parametrize("architecture", ["mpnet", "t5", "bert", "deberta-v2"])
def test_no_bias_of_a_backbone_decays_whatever_its_shape(
    architecture: str, training: Training, tmp_path: Path
) -> None:
    backbone = load_backbone(
        tiny_backbone(tmp_path, architecture),
        pretrained=True,
        dropout=None,
        gradient_checkpointing=False,
    )
    groups = parameter_groups({"Backbone": backbone}, training(weight_decay=0.5))
    decay = by_parameter(groups, "weight_decay")
    named = {name: each for name, each in backbone.named_parameters() if each.requires_grad}
    decayed = {name for name, each in named.items() if decay[id(each)]}
    assert [name for name in decayed if "bias" in name] == []
    matrices = {name for name, each in named.items() if each.ndim > 1}
    biases = {name for name in matrices if "relative_attention_bias" in name}
    assert decayed == matrices - biases
    assert len(biases) == {"mpnet": 1, "t5": 1}.get(architecture, 0)


@pytest.mark.parametrize(
    "chosen", [[], ["Backbone"], ["Neck"], ["Loss"], ["Backbone", "Loss"]], ids=str
)
def test_a_differential_learning_rate_applies_to_one_whole_part(
    chosen: list[str], model: Encoder, loss: nn.Module, training: Training
) -> None:
    settings = training(
        learning_rate=0.1,
        differential_learning_rate=0.7,
        differential_learning_rate_layers=chosen,
    )
    rate = by_parameter(parameter_groups(model_parts(model, loss), settings), "lr")
    for name, part in {"Backbone": model.backbone, "Neck": model.neck, "Loss": loss}.items():
        expected = 0.7 if name in chosen else 0.1
        assert {rate[id(each)] for each in part.parameters()} == {expected}


def test_frozen_parameters_are_left_out(
    model: Encoder, loss: nn.Module, training: Training
) -> None:
    model.backbone.requires_grad_(False)
    groups = parameter_groups(model_parts(model, loss), training())
    assert len(by_parameter(groups, "lr")) == 4


def test_a_parameter_outside_the_parts_of_a_model_is_grouped(
    model: Encoder, loss: nn.Module, training: Training
) -> None:
    model.temperature = nn.Parameter(torch.ones(()))
    rate = by_parameter(parameter_groups(model_parts(model, loss), training()), "lr")
    assert id(model.temperature) in rate


def test_a_parameter_that_two_parts_share_goes_with_the_first(
    model: Encoder, loss: nn.Module, training: Training
) -> None:
    loss.weight = model.neck["backbone"].weight
    settings = training(differential_learning_rate=0.7, differential_learning_rate_layers=["Neck"])
    groups = parameter_groups(model_parts(model, loss), settings)
    torch.optim.SGD(groups)
    assert by_parameter(groups, "lr")[id(loss.weight)] == 0.7

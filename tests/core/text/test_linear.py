"""Tests of linear layers with packed weights."""

import pytest
import torch
from torch import nn

from hydro.text.linear import packed_linears

CPU = torch.device("cpu")


@pytest.fixture
def layer() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(24, 7)


def called(layer: nn.Module, inputs: torch.Tensor) -> str:
    """Name the products that are computed."""
    with torch.profiler.profile() as profile:
        layer(inputs)
    names = {event.key for event in profile.key_averages()}
    return "packed" if "mkldnn::_linear_pointwise" in names else "plain"


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(24,), (5, 24), (2, 3, 24), (4099, 24)])
@torch.no_grad()
def test_results_are_those_of_torch(bias: bool, shape: tuple[int, ...]) -> None:
    layer, inputs = nn.Linear(24, 7, bias=bias), torch.randn(shape)
    expected = layer(inputs)
    with packed_linears(CPU):
        for _ in range(2):
            torch.testing.assert_close(layer(inputs), expected, atol=1e-6, rtol=1e-6)
        assert called(layer, inputs) == "packed"
    assert called(layer, inputs) == "plain"


@torch.no_grad()
def test_weights_that_have_changed_are_packed_anew(layer: nn.Linear) -> None:
    inputs = torch.randn(3, 24)
    with packed_linears(CPU):
        layer(inputs)
    layer.weight.mul_(2)
    expected = layer(inputs)
    with packed_linears(CPU):
        torch.testing.assert_close(layer(inputs), expected)


def test_what_needs_gradients_or_another_precision_is_left_alone(layer: nn.Linear) -> None:
    inputs = torch.randn(3, 24)
    with packed_linears(CPU):
        layer(inputs).sum().backward()
        assert layer.weight.grad is not None
        with torch.no_grad():
            with torch.autocast("cpu", torch.bfloat16):
                assert layer(inputs).dtype == torch.bfloat16
            assert called(layer.double(), inputs.double()) == "plain"

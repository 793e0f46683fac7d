"""Half precision is an object that does nothing on a CPU."""

import pytest
import torch

from hydro.training.precision import Precision

CPU = torch.device("cpu")


@pytest.mark.parametrize("context", ["training", "inference"])
def test_a_cpu_computes_in_float32_whatever_the_settings(context: str) -> None:
    precision = Precision.of(CPU, training=True, inference=True)
    with getattr(precision, context)():
        assert not torch.is_autocast_enabled("cpu")
        assert torch.nn.Linear(2, 2)(torch.ones(1, 2)).dtype is torch.float32


def test_losses_pass_unscaled_where_float16_is_off() -> None:
    scaler = Precision.of(CPU, training=True, inference=True).scaler()
    assert not scaler.is_enabled()
    assert scaler.scale(torch.tensor(2.0)).item() == 2.0


def test_losses_are_scaled_in_float16_only() -> None:
    assert Precision(CPU, torch.float16, None).scaler().is_enabled()
    assert not Precision(CPU, torch.bfloat16, None).scaler().is_enabled()


def test_training_and_inference_precision_are_independent() -> None:
    precision = Precision(CPU, train_dtype=torch.bfloat16, inference_dtype=None)
    layer, inputs = torch.nn.Linear(2, 2), torch.ones(1, 2)
    with precision.training():
        assert layer(inputs).dtype is torch.bfloat16
    with precision.inference():
        assert layer(inputs).dtype is torch.float32


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_computes_in_half_precision_where_set() -> None:
    precision = Precision.of(torch.device("cuda:0"), training=True, inference=False)
    assert precision.train_dtype in (torch.bfloat16, torch.float16)
    assert precision.inference_dtype is None


def test_mixed_precision_that_was_asked_for_on_a_cpu_is_said_to_do_nothing() -> None:
    cpu = Precision.of(torch.device("cpu"), training=True, inference=True)
    asked = {f"environment.mixed_precision_{when}": True for when in ("training", "inference")}
    said = cpu.without_effect(asked)
    assert [each.partition(" ")[0] for each in said] == [*asked]
    assert all("does nothing on CPUs" in each for each in said)
    assert cpu.without_effect({}) == cpu.without_effect(dict.fromkeys(asked, False)) == []
    half = Precision(torch.device("cuda"), torch.float16, torch.float16)
    assert half.without_effect(asked) == []

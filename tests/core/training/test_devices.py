"""The ids of GPUs in the settings become a device."""

import pytest
import torch

from hydro.errors import SettingsError
from hydro.training.devices import facts_of, pick_device

CPU = torch.device("cpu")


def test_an_empty_list_is_the_cpu() -> None:
    assert pick_device([]) == CPU


def test_nothing_is_the_first_gpu_or_else_the_cpu() -> None:
    expected = torch.device("cuda:0") if torch.cuda.is_available() else CPU
    assert pick_device(None) == expected


@pytest.mark.parametrize("missing", ["99", "cuda", "-1"])
def test_a_gpu_that_is_not_there_is_an_error_that_says_how_to_run_on_the_cpu(missing: str) -> None:
    with pytest.raises(SettingsError) as error:
        pick_device([missing])
    message = str(error.value)
    assert f"environment.gpus: no GPU '{missing}'" in message
    assert "Run on the CPU with environment.gpus: []" in message


def test_what_figures_depend_on_is_told() -> None:
    facts = facts_of(CPU)
    assert facts["device"] == "cpu"
    assert facts["torch"] == torch.__version__
    assert facts["threads"] == torch.get_num_threads()
    assert facts.keys() >= {"hydro", "python", "platform", "transformers", "tokenizers", "numpy"}

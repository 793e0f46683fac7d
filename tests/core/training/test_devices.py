"""The ids of GPUs in the settings become a device."""

import pytest
import torch

from hydro.errors import SettingsError
from hydro.training.devices import check_gpus, describe_device, pick_device

CPU = torch.device("cpu")


def test_an_empty_list_of_gpus_picks_the_cpu() -> None:
    assert pick_device([]) == CPU


def test_no_list_of_gpus_picks_the_first_gpu_or_else_the_cpu() -> None:
    expected = torch.device("cuda:0") if torch.cuda.is_available() else CPU
    assert pick_device(None) == expected


@pytest.mark.parametrize("missing", ["99", "cuda", "-1"])
def test_a_gpu_that_is_not_there_is_an_error_that_says_how_to_run_on_the_cpu(missing: str) -> None:
    with pytest.raises(SettingsError) as error:
        pick_device([missing])
    message = str(error.value)
    assert f"environment.gpus: no GPU '{missing}'" in message
    assert "Run on the CPU with environment.gpus: []" in message


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that the machine has three GPUs."""
    monkeypatch.setattr("torch.cuda.device_count", lambda: 3)


@pytest.mark.usefixtures("three")
def test_each_process_of_a_run_has_a_gpu_of_its_own() -> None:
    assert [pick_device(["2", "0"], 2, place).index for place in (0, 1)] == [2, 0]
    assert [pick_device(None, 3, place).index for place in (0, 1, 2)] == [0, 1, 2]
    assert pick_device([], 2, 1) == CPU
    with pytest.raises(SettingsError, match="4 processes on this machine, for 3 of its GPUs"):
        pick_device(None, 4, 0)


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("gpus", "wanted", "available"),
    [(None, 4, "0, 1, 2"), (["1"], 2, "1"), ([], 2, "none")],
)
def test_fewer_gpus_than_a_run_needs_are_an_error(
    gpus: list[str] | None, wanted: int, available: str
) -> None:
    with pytest.raises(SettingsError, match="number_of_gpus_per_run") as error:
        check_gpus(gpus, wanted)
    assert f"{wanted} GPUs for a run; of those in environment.gpus" in str(error.value)
    assert f"available: {available}. Lower it" in str(error.value)
    check_gpus(gpus, 1)


def test_the_description_of_a_device_lists_versions_and_hardware() -> None:
    facts = describe_device(CPU)
    assert facts["device"] == "cpu"
    assert facts["torch"] == torch.__version__
    assert facts["threads"] == torch.get_num_threads()
    assert facts.keys() >= {"hydro", "python", "platform", "transformers", "tokenizers", "numpy"}

"""Turns the ids of GPUs in the settings into the device that a run computes on."""

import platform
from collections.abc import Sequence
from importlib.metadata import version

import torch

from hydro.errors import SettingsError


def pick_device(gpus: Sequence[str] | None) -> torch.device:
    """Give the first of some GPUs, or the CPU where there are none.

    Raises:
        SettingsError: an id is not that of a GPU of this machine.
    """
    ids = gpu_ids(gpus)
    return torch.device(f"cuda:{ids[0]}" if ids else "cpu")


def gpu_ids(gpus: Sequence[str] | None) -> list[str]:
    """Give the ids of the list; of all GPUs there are when it is None.

    Raises:
        SettingsError: an id is not that of a GPU of this machine.
    """
    there = [str(number) for number in range(torch.cuda.device_count())]
    wanted = there if gpus is None else list(gpus)
    missing = [each for each in wanted if each not in there]
    if missing:
        found = f"there is {', '.join(there)}" if there else "this machine has none"
        msg = (
            f"environment.gpus: no GPU '{missing[0]}'; {found}. "
            "Run on the CPU with environment.gpus: []"
        )
        raise SettingsError(msg)
    return wanted


def facts_of(device: torch.device) -> dict[str, str | int]:
    """Give the versions and the hardware that the figures of a run depend on."""
    facts: dict[str, str | int] = {
        "hydro": version("hydro-experiments"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": str(device),
        "threads": torch.get_num_threads(),
    }
    packages = ("torch", "transformers", "tokenizers", "numpy", "pandas")
    facts |= {package: version(package) for package in packages}
    if device.type == "cuda":
        facts["gpu"] = torch.cuda.get_device_name(device)
    return facts

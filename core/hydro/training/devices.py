"""Turns the ids of GPUs in the settings into the device that a run computes on."""

import platform
from collections.abc import Sequence
from importlib.metadata import version

import torch

from hydro.errors import SettingsError


def pick_device(gpus: Sequence[str] | None, count: int = 1, place: int = 0) -> torch.device:
    """Return one of ``count`` processes on this machine its GPU, or the CPU where there are none.

    Raises:
        SettingsError: an id is not that of a GPU of this machine, or there are too few.
    """
    ids = gpu_ids(gpus)
    if ids and len(ids) < count:
        msg = (
            f"environment.gpus: {count} processes on this machine, for {len(ids)} of its GPUs. "
            "Name more of them, or start fewer processes"
        )
        raise SettingsError(msg)
    return torch.device(f"cuda:{ids[place]}" if ids else "cpu")


def check_gpus(gpus: Sequence[str] | None, per_run: int) -> None:
    """See whether there are as many GPUs as a run is to have.

    Raises:
        SettingsError: there are fewer.
    """
    ids = gpu_ids(gpus)
    if per_run > max(1, len(ids)):
        found = f"are {len(ids)}: {', '.join(ids)}" if ids else "is none"
        msg = (
            f"environment.number_of_gpus_per_run: {per_run} GPUs for a run, but of those that "
            f"environment.gpus gives there {found}. Lower it, or name more GPUs"
        )
        raise SettingsError(msg)


def gpu_ids(gpus: Sequence[str] | None) -> list[str]:
    """Return the ids of the list; of all GPUs there are when it is None.

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


def describe_device(device: torch.device) -> dict[str, str | int]:
    """Return the versions and the hardware that the figures of a run depend on."""
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

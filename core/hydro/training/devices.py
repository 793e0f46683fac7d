"""The device that a run computes on, by the ids of GPUs in the settings."""

import platform
from collections.abc import Sequence
from importlib.metadata import version

import torch

from hydro.errors import SettingsError


def pick_device(
    gpus: Sequence[str] | None, processes: int = 1, local_rank: int = 0
) -> torch.device:
    """Return the GPU of one of several processes on this machine, or the CPU without GPUs.

    Raises:
        SettingsError: an id is not that of a GPU of this machine, or there are too few.
    """
    ids = gpu_ids(gpus)
    if ids and len(ids) < processes:
        msg = (
            f"environment.gpus: {processes} processes on this machine, for {len(ids)} of its GPUs. "
            "Name more of them, or start fewer processes"
        )
        raise SettingsError(msg)
    return torch.device(f"cuda:{ids[local_rank]}" if ids else "cpu")


def check_gpus(gpus: Sequence[str] | None, per_run: int) -> None:
    """Check that there are as many GPUs as a run needs.

    Raises:
        SettingsError: there are fewer.
    """
    ids = gpu_ids(gpus)
    if per_run > max(1, len(ids)):
        available = ", ".join(ids) or "none"
        msg = (
            f"environment.number_of_gpus_per_run: {per_run} GPUs for a run; of those in "
            f"environment.gpus available: {available}. Lower it, or name more GPUs"
        )
        raise SettingsError(msg)


def gpu_ids(gpus: Sequence[str] | None) -> list[str]:
    """Return the ids of a list after checking them, those of all GPUs for None.

    Raises:
        SettingsError: an id is not that of a GPU of this machine.
    """
    available = [str(number) for number in range(torch.cuda.device_count())]
    requested = available if gpus is None else list(gpus)
    missing = [each for each in requested if each not in available]
    if missing:
        known = f"available: {', '.join(available)}" if available else "this machine has none"
        msg = (
            f"environment.gpus: no GPU '{missing[0]}'; {known}. "
            "Run on the CPU with environment.gpus: []"
        )
        raise SettingsError(msg)
    return requested


def describe_device(device: torch.device) -> dict[str, str | int]:
    """Return the versions and the hardware that the figures of a run depend on."""
    facts: dict[str, str | int] = {
        "hydro": version("hydro-experiments"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": str(device),
        "threads": torch.get_num_threads(),
    }
    packages = ("transformers", "tokenizers", "numpy", "pandas")
    facts |= {package: version(package) for package in packages}
    # Of one version there are builds for a CPU and for each version of CUDA.
    facts["torch"] = str(torch.__version__)
    if device.type == "cuda":
        facts["gpu"] = torch.cuda.get_device_name(device)
    return facts

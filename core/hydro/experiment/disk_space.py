"""Check before a run that the disk has room for its files."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hydro.errors import ResourceError
from hydro.formatting import format_bytes

if TYPE_CHECKING:
    from torch import nn

    from hydro.data.frames import Frames
    from hydro.settings.sections import Settings

EXPORTS_PER_MODEL = 4
"""How many times the model's bytes all exports take together, about."""

CHECKPOINTS_PER_MODEL = 9
"""The same for checkpoints: up to three at once, each with what an optimizer keeps."""

BYTES_PER_ROW = 2_000
"""Bytes that the predictions of a row take beside its own columns and the model's output, about."""


def needed_space(settings: "Settings", model: "nn.Module", frames: "Frames") -> dict[str, int]:
    """Estimate the bytes that a run takes while it works, by what they are for; rather too many."""
    weights = sum(each.numel() * 4 for each in model.state_dict().values())
    scored = frames.scored(with_train=settings.training.calculate_train_metric)
    rows = sum(map(len, scored))
    needed = {
        "model": weights,
        "checkpoints": CHECKPOINTS_PER_MODEL * weights,
        "predictions": rows * (BYTES_PER_ROW + 4 * _output_size(model)),
    }
    if settings.training.build_scoring_pipelines:
        needed["exports"] = EXPORTS_PER_MODEL * weights
    return needed


def require_space(folder: Path, needed: Mapping[str, int]) -> None:
    """Refuse to start what the disk has no room for.

    Raises:
        ResourceError: naming the folder, what is needed for what, and what is free.
    """
    free, total = shutil.disk_usage(folder).free, sum(needed.values())
    if free < total:
        parts = ", ".join(f"{name} {format_bytes(size)}" for name, size in needed.items())
        msg = (
            f"{folder}: about {format_bytes(total)} are needed ({parts}), and "
            f"{format_bytes(free)} are free. Free some space there, or choose another --output"
        )
        raise ResourceError(msg)


def _output_size(model: "nn.Module") -> int:
    """Return the numbers that predictions keep of a row, for a model that states them."""
    return int(getattr(model, "output_size", 0))

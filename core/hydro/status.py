"""What became of an experiment, in words that programs can rely on."""

from dataclasses import dataclass
from typing import Literal

State = Literal["queued", "running", "stopped", "finished", "failed"]


@dataclass(frozen=True)
class Status:
    """The state of an experiment, and why it is in it."""

    state: State
    reason: str = ""
    """For a failed one: settings, data, plugin, model, resources, training, metric or bug."""
    message: str = ""
    seconds: float | None = None
    """How long it took, once it has ended."""

"""What became of an experiment, in words that programs can rely on."""

from dataclasses import dataclass
from typing import Literal

from hydro.errors import HydroError

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

    @property
    def error(self) -> HydroError:
        """Return the error that a run which has not finished ended with."""
        name, _, said = self.message.partition(": ")
        for kind in HydroError.__subclasses__():
            if kind.__name__ == name:
                return kind(said)
        return HydroError(f"the run {self.state}: {self.message}. Its log.txt says more")

"""A run's further processes, which train along and leave everything else to the first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hydro.experiment.assembly import Parts
from hydro.experiment.run import Run
from hydro.training.best_weights import Best


@dataclass(frozen=True)
class Follower(Run):
    """What one of several processes does of a run; it writes nothing."""

    def execute(self) -> dict[str, Any]:
        """Train along with the first process, which has the scores."""
        parts = self._assemble()
        with self.savepoints.stop.held():
            self._train(parts)
        return {}

    def record(self, event: str, values: Mapping[str, Any]) -> None:
        """Leave the figures to the first process, which has the same."""

    def _validate(self, parts: Parts, best: Best, samples: int) -> float:
        """Wait while the first process validates."""
        self.processes.meet()
        return float("nan")

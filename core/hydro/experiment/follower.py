"""A run's further processes, which train along and leave everything else to the first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hydro.experiment.assembly import RunComponents
from hydro.experiment.run import Run
from hydro.training.best_weights import BestWeights


@dataclass(frozen=True)
class Follower(Run):
    """What one of several processes does of a run; it writes nothing."""

    def execute(self) -> dict[str, Any]:
        """Train along with the first process, which has the scores."""
        parts = self._assemble()
        with self.checkpointer.stop.defer_signals():
            self._train(parts)
        return {}

    def record(self, event: str, values: Mapping[str, Any]) -> None:
        """Leave the figures to the first process, which has the same."""

    def _validate(self, parts: RunComponents, best: BestWeights, samples: int) -> float:
        """Wait while the first process validates."""
        self.processes.barrier()
        return float("nan")

"""When a checkpoint is saved, what it holds, and how a run resumes from it."""

import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

from hydro.errors import ResourceError, TrainingError
from hydro.training.best_weights import BestWeights
from hydro.training.callback import Callback
from hydro.training.checkpoint import Checkpoint, Checkpoints, State
from hydro.training.distributed import SINGLE_PROCESS, ProcessGroup
from hydro.training.randomness import get_rng_state, set_rng_state
from hydro.training.signals import StopSignal
from hydro.training.trainer import Trainer

logger = logging.getLogger(__name__)

SAVE, STOP = 1, 2
"""What is done after an update; of several processes' wishes the largest."""

TRAINED = ("model", "loss", "loop")
"""Parts of the state that are left when training has ended."""


@dataclass(frozen=True)
class RngSnapshot:
    """What an evaluation may change: random generators, and the history, which only grows."""

    generators: list[str]
    """The states of every process, as JSON; empty but in the main process."""
    history: int
    """Bytes."""


@dataclass
class Checkpointer(Callback):
    """Saves a training at intervals between two updates, and before it stops.

    The state saved is always that before a validation that may be due, so that the number of
    updates alone says where a run resumes.
    """

    checkpoints: Checkpoints
    resume_from: Checkpoint | None
    history: Path
    minutes: float
    """Minutes of training between two checkpoints; 0 saves only before a stop."""
    stop: StopSignal
    facts: Mapping[str, object]
    """What identifies the run: settings, tables, environment."""
    trained: bool = False
    """Whether the model has its final weights, so that only results remain to be written."""
    _trainer: Trainer | None = field(default=None, init=False)
    _best: BestWeights | None = field(default=None, init=False)
    _saved: str = field(default="", init=False)
    _last: float = field(default_factory=time.monotonic, init=False)

    def restore(self, trainer: Trainer, best: BestWeights) -> None:
        """Load the checkpoint to resume from, if any; from now on these two are saved."""
        self._trainer, self._best = trainer, best
        if self.resume_from:
            self._load(self.resume_from, trainer, best)
            self._saved = self.resume_from.path.name
        self._last = time.monotonic()

    def on_step_end(self) -> None:
        """Save if it is time, or if the run is to stop; then stop.

        Raises:
            ResourceError: the checkpoint cannot be written.
            TrainingError: a weight is not finite, which is not worth saving.
        """
        due = 0 < self.minutes * 60 <= time.monotonic() - self._last
        # The main process's clock decides when to save, a signal to any process when to stop.
        wish = STOP if self.stop.requested else SAVE if due and self._processes.is_main else 0
        agreed = self._processes.all_reduce_max(wish)
        if agreed:
            self._save(self._rng_snapshot())
        if agreed == STOP:
            self.stop.request()
            self.stop.raise_if_requested()

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Allow signals to interrupt an evaluation; save the state before it if anything does."""
        before = self._rng_snapshot()
        try:
            with self.stop.allow_signals():
                yield
        except BaseException:
            try:
                self._save(before)
            except ResourceError as error:
                logger.warning("%s", error)
            raise

    @property
    def _processes(self) -> ProcessGroup:
        trainer = self._trainer
        return SINGLE_PROCESS if trainer is None or self.trained else trainer.step.processes

    def _rng_snapshot(self) -> RngSnapshot:
        size = self.history.stat().st_size if self.history.exists() else 0
        return RngSnapshot(self._processes.gather_objects(json.dumps(get_rng_state())), size)

    def _save(self, snapshot: RngSnapshot) -> None:
        trainer = self._trainer
        if trainer is None or not trainer.step.processes.is_main:
            return
        done = trainer.log.done
        name = f"step-{done:06d}{'-trained' if self.trained else ''}"
        if name == self._saved:
            return
        _check_finite((trainer.step.model, trainer.step.loss), done)
        facts = {**self.facts, "trained": self.trained, "generators": snapshot.generators}
        history = self.history.read_bytes()[: snapshot.history]
        self.checkpoints.save(name, self._state(trainer), facts, history)
        self._saved, self._last = name, time.monotonic()

    def _state(self, trainer: Trainer) -> dict[str, State]:
        state = trainer.state_dict()
        if self.trained:
            return {part: state[part] for part in TRAINED}
        if self._best and self._best.score is not None:
            state["best"] = self._best.state_dict()
        return state

    def _load(self, checkpoint: Checkpoint, trainer: Trainer, best: BestWeights) -> None:
        facts = checkpoint.facts
        self.trained = facts["trained"]
        parts = TRAINED if self.trained else (*TRAINED, "optimizer", "scaler")
        trainer.load_state_dict({part: checkpoint.part(part) for part in parts})
        if not self.trained:
            best.load_state_dict(checkpoint.part("best"))
        processes = trainer.step.processes
        if processes.is_main:
            self.history.write_bytes(checkpoint.history)
        if processes.rank < len(facts["generators"]):
            set_rng_state(json.loads(facts["generators"][processes.rank]))


def _check_finite(modules: tuple[nn.Module, ...], update: int) -> None:
    for module in modules:
        for name, each in module.named_parameters():
            if not torch.isfinite(each).all():
                msg = (
                    f"after update {update} the weights of {name} are not finite. Try a lower "
                    "training.learning_rate, training.gradient_clip: 1.0, or "
                    "environment.mixed_precision_training: false"
                )
                raise TrainingError(msg)

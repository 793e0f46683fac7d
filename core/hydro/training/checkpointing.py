"""When the state of a training is saved, what belongs to it, and how a run goes on from it."""

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from hydro.errors import ResourceError, TrainingError
from hydro.training.best_weights import BestWeights
from hydro.training.checkpoint import Checkpoint, Checkpoints, Tensors
from hydro.training.distributed import SINGLE_PROCESS, ProcessGroup
from hydro.training.randomness import get_rng_state, set_rng_state
from hydro.training.signals import StopSignal

if TYPE_CHECKING:
    from hydro.training.trainer import LossLog, TrainStep

logger = logging.getLogger(__name__)

SAVE, STOP = 1, 2
"""What is done between two updates, the more of which several processes agree on."""


class NoCheckpointer:
    """Saves nothing, and goes on from nothing."""

    def attach(self, step: "TrainStep", log: "LossLog") -> None:
        """Leave everything as it is."""

    def on_step_end(self) -> None:
        """Save nothing."""

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Save nothing."""
        yield


@dataclass(frozen=True)
class RngSnapshot:
    """What looking at the model may change: the generators, and the history, which only grows."""

    generators: list[str]
    """Of every process, as JSON; none but in the first."""
    history: int
    """Bytes."""


@dataclass
class Checkpointer:
    """Saves a training between two updates: now and then, and when it is to stop.

    A state is always that before a validation that may be due, so that nothing but the number of
    updates says where a run goes on.
    """

    checkpoints: Checkpoints
    resume_from: Checkpoint | None
    """What the run goes on from."""
    history: Path
    minutes: float
    """Of training between two checkpoints; 0 for none but when the run is to stop."""
    stop: StopSignal
    facts: Mapping[str, Any]
    """What is kept of where the state belongs: settings, tables, environment."""
    best: BestWeights | None = None
    trained: bool = False
    """Whether the model has the weights to keep, so that only results are left to write."""
    _step: "TrainStep | None" = field(default=None, init=False)
    _log: "LossLog | None" = field(default=None, init=False)
    _saved: str = field(default="", init=False)
    _last: float = field(default_factory=time.monotonic, init=False)

    def attach(self, step: "TrainStep", log: "LossLog") -> None:
        """Take what is to be saved, having put it back to where the run goes on."""
        self._step, self._log = step, log
        if self.resume_from:
            self._restore(self.resume_from, step, log)
            self._saved = self.resume_from.path.name
        self._last = time.monotonic()

    def on_step_end(self) -> None:
        """Save if it is time, or if the run is to stop; then stop.

        Raises:
            ResourceError: the checkpoint cannot be written.
            TrainingError: a weight is not finite, which is not worth saving.
        """
        due = 0 < self.minutes * 60 <= time.monotonic() - self._last
        # Of several processes the first one's clock counts, and whichever is told to stop.
        first = self._processes.rank == 0
        agreed = self._processes.all_reduce_max(
            STOP if self.stop.requested else SAVE if due and first else 0
        )
        if agreed:
            self._save(self._rng_snapshot())
        if agreed == STOP:
            self.stop.request()
            self.stop.raise_if_requested()

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Let a signal through at once while nothing is trained.

        Whatever ends this before its time, the state is saved as it was before.
        """
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
        return self._step.processes if self._step and not self.trained else SINGLE_PROCESS

    def _rng_snapshot(self) -> RngSnapshot:
        size = self.history.stat().st_size if self.history.exists() else 0
        return RngSnapshot(self._processes.gather_objects(json.dumps(get_rng_state())), size)

    def _save(self, moment: RngSnapshot) -> None:
        step, log = self._step, self._log
        if step is None or log is None or step.processes.rank:
            return
        name = f"step-{log.done:06d}{'-trained' if self.trained else ''}"
        if name == self._saved:
            return
        modules = {"model": step.model, "loss": step.loss}
        _check_finite(modules, log.done)
        pending = {f"pending.{number}": each for number, each in enumerate(log.pending)}
        files: dict[str, Callable[[], Tensors]] = {
            **{name: _weights_of(module) for name, module in modules.items()},
            "loop": lambda: pending,
        }
        facts = {
            **self.facts,
            "trained": self.trained,
            "loop": log.facts(),
            "generators": moment.generators,
            "best": None,
        }
        if not self.trained:
            optimizer, facts["optimizer"] = _split(step.optimizer.state_dict()["state"])
            facts["scaler"] = step.scaler.state_dict()
            files["optimizer"] = lambda: optimizer
            if self.best and self.best.score is not None:
                weights, facts["best"] = self.best.weights, self.best.score
                files["best"] = lambda: weights
        history = self.history.read_bytes()[: moment.history]
        self.checkpoints.save(name, files, facts, history)
        self._saved, self._last = name, time.monotonic()

    def _restore(self, found: Checkpoint, step: "TrainStep", log: "LossLog") -> None:
        facts = found.facts
        step.model.load_state_dict(found.tensors("model"))
        step.loss.load_state_dict(found.tensors("loss"))
        loop, device = found.tensors("loop"), step.precision.device
        pending = [loop[f"pending.{number}"].to(device) for number in range(len(loop))]
        log.restore(facts["loop"], pending)
        self.trained = facts["trained"]
        if not self.trained:
            state = _join(found.tensors("optimizer"), facts["optimizer"])
            groups = step.optimizer.state_dict()["param_groups"]
            step.optimizer.load_state_dict({"state": state, "param_groups": groups})
            if facts["scaler"]:
                step.scaler.load_state_dict(facts["scaler"])
            step.set_step(log.done)
            if self.best and facts["best"] is not None:
                self.best.score, self.best.weights = facts["best"], found.tensors("best")
        rank = step.processes.rank
        if not rank:
            self.history.write_bytes(found.history)
        if rank < len(facts["generators"]):
            set_rng_state(json.loads(facts["generators"][rank]))


def _weights_of(module: nn.Module) -> Callable[[], Tensors]:
    def give() -> Tensors:
        # A copy each, because safetensors refuses tensors that share memory.
        state = module.state_dict()
        return {name: each.detach().to("cpu", copy=True) for name, each in state.items()}

    return give


def _check_finite(modules: Mapping[str, nn.Module], update: int) -> None:
    for module in modules.values():
        for name, each in module.named_parameters():
            if not torch.isfinite(each).all():
                msg = (
                    f"after update {update} the weights of {name} are not finite. Try a lower "
                    "training.learning_rate, training.gradient_clip: 1.0, or "
                    "environment.mixed_precision_training: false"
                )
                raise TrainingError(msg)


def _split(state: Mapping[int, Mapping[str, Any]]) -> tuple[Tensors, dict[str, Any]]:
    """Part an optimizer's state by parameter into tensors and the rest, both by dotted name."""
    flat = {f"{at}.{name}": each for at, own in state.items() for name, each in own.items()}
    tensors = {name: each for name, each in flat.items() if isinstance(each, torch.Tensor)}
    return (
        {name: each.detach().to("cpu", copy=True) for name, each in tensors.items()},
        {name: each for name, each in flat.items() if name not in tensors},
    )


def _join(tensors: Tensors, rest: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    """Put an optimizer's state together again."""
    state: dict[int, dict[str, Any]] = {}
    for path, each in {**rest, **tensors}.items():
        at, _, name = path.partition(".")
        state.setdefault(int(at), {})[name] = each
    return state

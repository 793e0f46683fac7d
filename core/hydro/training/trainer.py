"""The training loop."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hydro.training.batch_plan import BatchPlan
from hydro.training.callback import Callback
from hydro.training.checkpoint import State
from hydro.training.dataset import Dataset, load_batches
from hydro.training.loss_log import LossLog, Record
from hydro.training.progress import Progress
from hydro.training.randomness import Draw
from hydro.training.samplers import Rows
from hydro.training.step import TrainStep


@dataclass
class Trainer:
    """Trains a model on the rows of a dataset."""

    step: TrainStep
    dataset: Dataset
    plan: BatchPlan
    seed: int
    """What the randomness of batches is drawn from."""
    workers: int
    """Processes that prepare batches."""
    validate: Callable[[int], float]
    """Called with the samples seen whenever a validation is due, except after the last update;
    returns the metric."""
    record: Record
    progress: Progress
    callback: Callback = field(default_factory=Callback)
    log: LossLog = field(init=False)

    def __post_init__(self) -> None:
        self.log = LossLog(self.step, self.plan, self.record)

    def fit(self) -> int:
        """Train to the end of the plan; return the samples seen, also those before a resume.

        Raises:
            TrainingError: the loss or a gradient is not finite.
        """
        self._validate_if_due()
        for epoch, updates in self.plan.remaining(self.log.done):
            self._train_epoch(epoch, updates)
        return self.log.samples

    def state_dict(self) -> dict[str, State]:
        """Return all that the next updates depend on, besides the settings."""
        return {**self.step.state_dict(), "loop": self.log.state_dict()}

    def load_state_dict(self, state: Mapping[str, State]) -> None:
        """Load what ``state_dict`` returned, or only weights and counters where it has no more."""
        self.step.load_state_dict(state)
        self.log.load_state_dict(state["loop"])
        if "optimizer" in state:
            self.step.set_step(self.log.done)

    def _train_epoch(self, epoch: int, updates: Sequence[Sequence[Rows]]) -> None:
        step, log = self.step, self.log
        shards = [step.processes.shard(rows) for group in updates for rows in group]
        first, rank = log.batches - epoch * self.plan.batches_per_epoch, step.processes.rank
        drawn = [
            (rows, Draw(self.seed, epoch, number, rank))
            for number, rows in enumerate(shards, first)
        ]
        device = step.precision.device
        batches = load_batches(self.dataset, drawn, workers=self.workers, device=device)
        step.model.train()
        step.loss.train()
        log.shown.clear()
        title = f"epoch {epoch + 1}/{self.plan.epochs}"
        total = sum(len(rows) for group in updates for rows in group)
        with self.progress.task(title, total, "rows") as task:
            for group in updates:
                rows = sum(map(len, group))
                log.update(step.accumulate(batches, group), step.clip(), rows, len(group))
                step.optimizer_step()
                task.advance(rows, **log.shown)
                self.callback.on_step_end()
                self._validate_if_due()
                task.advance(0, **log.shown)

    def _validate_if_due(self) -> None:
        if self.plan.should_validate(self.log.batches, self.log.before):
            with self.callback.evaluating():
                self.log.shown["metric"] = self.validate(self.log.samples)
            self.step.model.train()

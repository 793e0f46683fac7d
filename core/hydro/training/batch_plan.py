"""How batches make updates, and when a validation is due."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from hydro.errors import PluginError
from hydro.settings.sections import TrainingSection
from hydro.training.samplers import BatchSampler, Rows


@dataclass(frozen=True)
class BatchPlan:
    """The updates of a run, computed from the settings alone; no state to store."""

    sampler: BatchSampler
    training: TrainingSection

    def __post_init__(self) -> None:
        """Check the sampler.

        Raises:
            PluginError: it has no batches.
        """
        if not len(self.sampler):
            msg = f"{type(self.sampler).__name__}: a sampler has to have a batch, and has none"
            raise PluginError(msg)

    @property
    def batches_per_epoch(self) -> int:
        """Count the batches of a whole epoch."""
        return len(self.sampler)

    @property
    def batches(self) -> int:
        """Count the batches of the run; a fraction of an epoch is rounded to whole batches."""
        return round(self.training.epochs * self.batches_per_epoch)

    @property
    def num_updates(self) -> int:
        """Count the updates of the run."""
        return self._updates(self.batches)

    @property
    def warmup_updates(self) -> int:
        """Count the updates over which the learning rate rises."""
        batches = round(self.training.warmup_epochs * self.batches_per_epoch)
        return self._updates(batches)

    @property
    def epochs(self) -> int:
        """Count the epochs, the last of which may be a part of one."""
        return math.ceil(self.batches / self.batches_per_epoch)

    def batches_for_epoch(self, epoch: int) -> list[list[Rows]]:
        """Return the batches of an epoch, counted from 0, grouped into updates.

        A batch is that of all processes together; each takes its own share of it.
        The last group may be smaller than the others: what remains of an epoch is applied.
        """
        left = min(self.batches_per_epoch, self.batches - epoch * self.batches_per_epoch)
        batches, size = self.sampler.batches(epoch), self.training.grad_accumulation
        return [[*batches[start : min(start + size, left)]] for start in range(0, left, size)]

    def remaining(self, done: int) -> Iterator[tuple[int, list[list[Rows]]]]:
        """Yield each epoch with its groups, without the first ``done`` updates of the run."""
        each = self._updates(self.batches_per_epoch)
        for epoch in range(done // each, self.epochs):
            if groups := self.batches_for_epoch(epoch)[max(0, done - epoch * each) :]:
                yield epoch, groups

    def should_validate(self, done: int, last: int) -> bool:
        """Return whether a validation is due after ``done`` batches, ``last`` of them before."""
        return done < self.batches and self._validations(done) > self._validations(last)

    def _validations(self, batches: int) -> int:
        every = self.training.evaluation_epochs * self.batches_per_epoch
        # 1.1 epochs of 50 batches are 55, though 1.1 * 50 is a little more.
        return math.floor(batches / every + 1e-9)

    def _updates(self, batches: int) -> int:
        whole, rest = divmod(batches, self.batches_per_epoch)
        size = self.training.grad_accumulation
        return whole * math.ceil(self.batches_per_epoch / size) + math.ceil(rest / size)

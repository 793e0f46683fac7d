"""How rows become batches, batches become updates, and when to look at the validation rows."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hydro.errors import SettingsError
from hydro.settings.sections import Settings, TrainingSection
from hydro.training.dataset import Dataset
from hydro.training.randomness import permutation, random_generator
from hydro.training.token_batching import TokenBatches

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class BatchPlan:
    """The updates of a run, computed from the settings alone; no state to store."""

    rows: int
    seed: int
    training: TrainingSection
    world_size: int = 1
    """Those that train together, each with a batch of its own."""
    token_batches: TokenBatches | None = None
    """Makes batches of about as many tokens instead of as many rows."""

    @property
    def batch_size(self) -> int:
        """Count the rows of a batch over all processes."""
        return self.training.batch_size * self.world_size

    @property
    def drop_last(self) -> bool:
        """Return whether an epoch leaves out a batch that is not full; never its only one."""
        budget = self.token_batches
        enough = (
            budget.tokens_per_epoch >= budget.tokens_per_batch
            if budget
            else self.rows >= self.batch_size
        )
        return self.training.drop_last_batch and enough

    @property
    def batches_per_epoch(self) -> int:
        """Count the batches of a whole epoch."""
        if self.token_batches:
            return self.token_batches.num_batches(drop_last=self.drop_last)
        full, rest = divmod(self.rows, self.batch_size)
        return full + (rest > 0 and not self.drop_last)

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
        """Count the updates over which the rate rises."""
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
        order = permutation(self.rows, random_generator(self.seed, epoch))
        size, share = self.batch_size, self.training.grad_accumulation
        left = min(self.batches_per_epoch, self.batches - epoch * self.batches_per_epoch)
        if self.token_batches:
            batches = self.token_batches.split(order, drop_last=self.drop_last)[:left]
        else:
            batches = [order[number * size : (number + 1) * size] for number in range(left)]
        return [batches[start : start + share] for start in range(0, left, share)]

    def remaining(self, done: int) -> Iterator[tuple[int, list[list[Rows]]]]:
        """Return each epoch with its groups, but for the first ``done`` updates of the run."""
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
        share = self.training.grad_accumulation
        return whole * math.ceil(self.batches_per_epoch / share) + math.ceil(rest / share)


def plan_batches(dataset: Dataset, settings: Settings, processes: int = 1) -> BatchPlan:
    """Plan the updates of a run over a dataset, by rows or by the tokens that its rows have.

    Raises:
        SettingsError: batches are to be cut by tokens, and the rows have none or too many.
    """
    training, budget = settings.training, None
    if training.batch_tokens is not None:
        lengths = getattr(dataset, "lengths", None)
        if lengths is None:
            msg = "training.batch_tokens: the rows of this problem have no tokens. Leave it out"
            raise SettingsError(msg)
        budget = TokenBatches(lengths, training.batch_tokens * processes)
    return BatchPlan(len(dataset), settings.environment.seed, training, processes, budget)

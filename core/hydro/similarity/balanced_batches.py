"""Batches in which rows of one class come together, for losses that compare the rows of a batch."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hydro.training.randomness import random_generator
from hydro.training.samplers import Rows, ShuffledBatches

LOOKAHEAD = 64
"""Groups among which one is looked for that fills the rest of a batch."""


@dataclass(frozen=True, kw_only=True)
class BalancedBatches(ShuffledBatches):
    """Every row once an epoch, in groups of rows of one class (P x K batches).

    The groups of a class are spread evenly over the epoch, so that a batch has as many classes as
    the data allow, at least two where another batch can spare a row. A row that is left over joins
    a group of its class; one that is alone in its class is a group. A group is cut in two where no
    other one fills a batch.
    """

    classes: NDArray[np.int64]
    """The class of each row: ``(rows,)``."""
    rows_per_class: int
    """Rows of a group."""

    def batches(self, epoch: int) -> list[Rows]:
        """Cut the groups of an epoch, in random order, into batches."""
        generator = random_generator(self.seed, epoch)
        groups = self._groups(generator)
        batches = _fill(groups, self.batch_size)[: len(self)]
        _mix(batches, self.classes, generator)
        return batches

    def _groups(self, generator: np.random.Generator) -> list[Rows]:
        """Return the groups of all classes, those of each class spread evenly."""
        order = generator.permutation(self.rows)
        order = order[np.argsort(self.classes[order], kind="stable")]
        _, starts, counts = np.unique(self.classes[order], return_index=True, return_counts=True)
        bounds, places = [], []
        for start, count in zip(starts, counts, strict=True):
            # A last group of a single row joins the one before it.
            number = max(1, (count - 1) // self.rows_per_class + (self.rows_per_class == 1))
            number += count - number * self.rows_per_class > 1 and count > self.rows_per_class
            bounds += [start + each * self.rows_per_class for each in range(number)]
            places.append((np.arange(number) + generator.random(number)) / number)
        parts = np.split(order, bounds[1:])
        return [parts[each] for each in np.argsort(np.concatenate(places), kind="stable")]


def _fill(groups: list[Rows], size: int) -> list[Rows]:
    """Concatenate groups into batches of exactly ``size`` rows, but for the last."""
    waiting, batches, batch, left = groups[::-1], [], list[Rows](), size
    while waiting:
        near = range(len(waiting) - 1, max(-1, len(waiting) - 1 - LOOKAHEAD), -1)
        fits = next((each for each in near if len(waiting[each]) <= left), None)
        if fits is None:
            batch.append(waiting[-1][:left])
            waiting[-1] = waiting[-1][left:]
        else:
            batch.append(waiting.pop(fits))
        left -= len(batch[-1])
        if not left:
            batches.append(np.concatenate(batch))
            batch, left = [], size
    return [*batches, np.concatenate(batch)] if batch else batches


def _mix(batches: list[Rows], classes: NDArray[np.int64], generator: np.random.Generator) -> None:
    """Swap rows so that batches of a single class have another one, where others can spare it."""
    poor = [each for each in batches if _is_poor(classes[each])]
    while poor:
        hopeless = set[int]()
        for batch in poor:
            own = int(classes[batch[0]])
            if own in hopeless or not _is_poor(classes[batch]):
                continue
            for number in generator.permutation(len(batches)):
                other = batches[number]
                spare = _spare(classes[other], own)
                if spare is not None:
                    batch[-1], other[spare] = other[spare], batch[-1]
                    break
            else:
                hopeless.add(own)
        left = [each for each in poor if _is_poor(classes[each])]
        if len(left) == len(poor):
            return
        poor = left


def _is_poor(classes: NDArray[np.int64]) -> bool:
    """Return whether several rows are all of one class."""
    return len(classes) > 1 and bool((classes == classes[0]).all())


def _spare(classes: NDArray[np.int64], wanted_by: int) -> int | None:
    """Return the place of a row that a batch can give for one of a class; None for no such."""
    counts = Counter(classes[classes != wanted_by].tolist())
    for each, count in counts.items():
        # The batch keeps two classes: the one that comes, and another one.
        if count > 1 or len(counts) > 1:
            return int(np.flatnonzero(classes == each)[0])
    return None

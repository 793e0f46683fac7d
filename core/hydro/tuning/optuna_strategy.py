"""Strategies by Optuna, which chooses the combinations and prunes runs."""

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from statistics import fmean
from typing import TYPE_CHECKING

from filelock import FileLock

from hydro.errors import SettingsError
from hydro.executors.local import Task, Train
from hydro.settings.sections import Settings
from hydro.tuning.optuna_storage import OptunaStorage
from hydro.tuning.plan import PlannedRun, plan_combination
from hydro.tuning.trials import PRUNED, Trials

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

STEPS_PER_FOLD = 10_000
"""Optuna's steps of a fold: one for each validation, and the last for its end."""


def require_optuna(settings: Settings) -> None:
    """Check that Optuna is installed if the settings need it.

    Raises:
        SettingsError: it is not; the message says how to install it.
    """
    strategy = settings.search.strategy
    if settings.grid_search and strategy != "Grid" and not importlib.util.find_spec("optuna"):
        msg = (
            f"search.strategy: {strategy} needs Optuna. Install it with "
            "pip install 'hydro-experiments[optuna]', or use Grid"
        )
        raise SettingsError(msg)


@dataclass(frozen=True)
class _Trial:
    """A combination that this process trains, and Optuna's record of it."""

    trial: "optuna.Trial"
    runs: list[PlannedRun]
    lock: FileLock
    reported: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class OptunaStrategy:
    """Trains the combinations that Optuna proposes, each on all folds.

    The process that trains one holds the lock of its first run; when it dies, another process takes
    the combination over.
    """

    settings: Settings
    folds: Sequence[str]
    runs: Trials
    higher_is_better: bool

    @cached_property
    def journal(self) -> OptunaStorage:
        """The trials so far."""
        return OptunaStorage(
            self.settings, self.runs.folder.path / "study.jsonl", self.higher_is_better
        )

    @property
    def total(self) -> int:
        """The maximum number of runs."""
        return self.journal.budget * len(plan_combination(self.settings, self.folds, 0, {}))

    def begin(self) -> None:
        """Open the journal, and queue the combinations that failed again.

        Raises:
            SettingsError: the lists changed since the tuning started.
        """
        self.journal.begin()

    def planned(self) -> list[PlannedRun]:
        """Return the runs of all combinations tried so far."""
        return [run for trial in self.journal.tried() for run in self._planned(trial)]

    def tasks(self) -> Iterator[Task]:
        """Return trials within the budget, first those that a dead process left."""

        def next_trial() -> _Trial | None:
            with self.runs.folder.lock():
                return self._adopt_orphan() or self._new()

        while trial := next_trial():
            yield partial(self._train, trial)

    def unfinished(self) -> list[PlannedRun]:
        """Return the first run of each trial that has not ended."""
        trials = self.journal.tried()
        return [self._planned(trial)[0] for trial in trials if trial.state.name == "RUNNING"]

    def _adopt_orphan(self) -> _Trial | None:
        """Adopt a trial whose process is gone."""
        for trial in self.journal.tried():
            runs = self._planned(trial)
            if trial.state.name == "RUNNING" and (lock := self.runs.claim(runs[0])):
                opened = self.journal.opened(trial)
                return _Trial(opened, runs, lock, {*trial.intermediate_values})
        return None

    def _new(self) -> _Trial | None:
        """Claim a new combination for this process, and prepare its runs."""
        proposed = self.journal.propose(self._hours_are_over)
        if proposed is None:
            return None
        trial, number, values = proposed
        runs = plan_combination(self.settings, self.folds, number, values)
        lock = self.runs.claim(runs[0])
        for run in runs:
            self.runs.prepare(run)
        # Last, so that a process that takes it over finds its runs prepared.
        self.journal.take(*proposed)
        return _Trial(trial, runs, lock) if lock else None

    def _hours_are_over(self) -> bool:
        hours = self.settings.search.hours
        spent = sum(self.runs.result(run).seconds for run in self.planned()) if hours else 0.0
        return hours is not None and spent >= 3600 * hours

    def _train(self, trial: _Trial, train: Train) -> None:
        """Train a combination on one fold after another, until it is pruned."""
        scores: list[float] = []
        report = partial(self.journal.report_result, trial.trial)
        with trial.lock:
            for number, run in enumerate(trial.runs):
                if scores and self._is_worse(trial, number * STEPS_PER_FOLD - 1, scores):
                    for rest in trial.runs[number:]:
                        self.runs.prune(rest, "not started: earlier folds were worse than others'")
                    return report("PRUNED")
                ended = self.runs.result(run)
                if ended.score is None:
                    prune = partial(self._should_prune, trial, number * STEPS_PER_FOLD, scores)
                    ended = self.runs.train(run, train, prune)
                if ended.score is None:
                    for rest in trial.runs[number + 1 :]:
                        self.runs.prune(rest, f"not started: run {run.name} {ended.state}")
                    return report("PRUNED" if ended.state == PRUNED else "FAIL")
                scores.append(ended.score)
            report("COMPLETE", fmean(scores))

    def _should_prune(
        self, trial: _Trial, first: int, scores: Sequence[float], number: int, metric: float
    ) -> bool:
        """Report a validation to Optuna; return whether to stop the run."""
        return self._is_worse(trial, first + number, [*scores, metric])

    def _is_worse(self, trial: _Trial, step: int, scores: Sequence[float]) -> bool:
        # Validations reported before an interruption are not reported again.
        if step not in trial.reported:
            trial.reported.add(step)
            trial.trial.report(fmean(scores), step)
        return self.journal.is_worse(trial.trial)

    def _planned(self, trial: "FrozenTrial") -> list[PlannedRun]:
        return plan_combination(self.settings, self.folds, *self.journal.combination(trial))

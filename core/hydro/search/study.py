"""The strategies that Optuna leads: it says what to try next, and what is not worth its end."""

import importlib.util
import itertools
import json
import logging
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from statistics import fmean
from typing import TYPE_CHECKING

from filelock import FileLock

from hydro.errors import SettingsError
from hydro.search.choices import Choices
from hydro.search.plan import PlannedRun, plan_combination
from hydro.search.queue import Task, Train
from hydro.search.runs import PRUNED, Runs
from hydro.settings.sections import Settings
from hydro.settings.space import Space, Values

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

logger = logging.getLogger(__name__)

STARTUP = 5
"""Combinations that TPE draws at random, and that are never pruned, before it knows enough."""

REPEATS = 10
"""Times in a row that Optuna may propose what was tried before it is given something new."""

DRAWS = 1000
"""Draws after which a space is taken for tried out."""

A_FOLD = 10_000
"""Steps that Optuna counts a fold as: one for each validation, and the last for its end."""

COMBINATION = "combination"
"""What a trial that is trained is marked with: the number of its combination."""


def require_optuna(settings: Settings) -> None:
    """Refuse a search that Optuna would lead where it is not installed.

    Raises:
        SettingsError: with how to install it.
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

    asked: "optuna.Trial"
    runs: list[PlannedRun]
    lock: FileLock
    reported: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Study:
    """Trials of one search, kept in a journal that several processes may write to.

    A trial is one combination on all chosen folds. Who works on one holds the lock of its first
    run, so a trial whose process is gone is taken over by the next process that asks.
    """

    settings: Settings
    folds: Sequence[str]
    runs: Runs
    higher_is_better: bool

    @cached_property
    def space(self) -> Space:
        """What is searched over."""
        return Space.of(self.settings)

    @cached_property
    def choices(self) -> Choices:
        """The same, as Optuna sees it."""
        return Choices(self.space)

    @property
    def total(self) -> int:
        """How many runs there will be, at most."""
        return self.budget * len(plan_combination(self.settings, self.folds, 0, {}))

    @property
    def budget(self) -> int:
        """How many combinations are tried, at most."""
        return min(self.settings.search.trials, self.space.size)

    @cached_property
    def study(self) -> "optuna.Study":
        """Open the journal."""
        import optuna
        from optuna.storages.journal import JournalFileBackend

        # Optuna would say for every trial what the search itself says.
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        return optuna.create_study(
            study_name="search",
            storage=optuna.storages.JournalStorage(JournalFileBackend(str(self.runs.folder.study))),
            direction="maximize" if self.higher_is_better else "minimize",
            load_if_exists=True,
        )

    def begin(self) -> None:
        """Open the journal; have the combinations that failed tried again.

        Raises:
            SettingsError: the lists are not those that the search began with.
        """
        lists = json.dumps(self.space.lists, default=str)
        if self.study.user_attrs.setdefault("lists", lists) != lists:
            msg = (
                "grid_search: not what this search began with. Start another experiment; "
                "from_experiment takes over all other settings"
            )
            raise SettingsError(msg)
        self.study.set_user_attr("lists", lists)
        for trial in self._tried().values():
            if trial.state.name == "FAIL":
                self.study.enqueue_trial(trial.params)

    def planned(self) -> list[PlannedRun]:
        """List the runs of all combinations tried so far."""
        return [run for trial in self._tried().values() for run in self._planned(trial)]

    def tasks(self) -> Iterator[Task]:
        """Give trials within the budget, first those that another process left."""

        def next_trial() -> _Trial | None:
            with self.runs.folder.lock():
                return self._left_behind() or self._new()

        while trial := next_trial():
            yield partial(self._train, trial)

    def undone(self) -> list[PlannedRun]:
        """Give the first run of each trial that has no end yet."""
        trials = self._tried().values()
        return [self._planned(trial)[0] for trial in trials if trial.state.name == "RUNNING"]

    def _left_behind(self) -> _Trial | None:
        """Take over a trial whose process is gone."""
        import optuna

        for found in self._tried().values():
            runs = self._planned(found)
            if found.state.name == "RUNNING" and (lock := self.runs.claim(runs[0])):
                asked = optuna.Trial(self.study, found._trial_id)
                return _Trial(asked, runs, lock, {*found.intermediate_values})
        return None

    def _new(self) -> _Trial | None:
        """Ask for a combination that has not been tried; nothing where the budget is used up."""
        for attempt in itertools.count():
            tried, again = self._tried(), bool(self._trials("WAITING"))
            if not again and (len(tried) >= self.budget or self._hours_are_over()):
                return None
            if not again and attempt >= REPEATS and not self._propose(tried):
                logger.info("all combinations have been tried")
                return None
            asked = self._ask()
            values = self.choices.suggest(asked)
            earlier = tried.get(repr(values))
            if earlier is None:
                return self._begun(asked, len(tried), values)
            if again and earlier.state.name == "FAIL":
                return self._begun(asked, earlier.user_attrs[COMBINATION], values)
            self._repeat(asked, earlier)
        return None

    def _begun(self, asked: "optuna.Trial", number: int, values: Values) -> _Trial | None:
        """Take a combination for this process, and make its runs ready."""
        runs = plan_combination(self.settings, self.folds, number, values)
        lock = self.runs.claim(runs[0])
        for run in runs:
            self.runs.prepare(run)
        asked.set_user_attr("values", {name: str(value) for name, value in values.items()})
        asked.set_user_attr(COMBINATION, number)
        return _Trial(asked, runs, lock) if lock else None

    def _repeat(self, asked: "optuna.Trial", earlier: "FrozenTrial") -> None:
        """Tell Optuna of a combination what is known of it, and nothing while it is trained."""
        asked.set_user_attr("repeats", earlier.number)
        state = earlier.state.name if earlier.state.is_finished() else "FAIL"
        # What was pruned has its last validation for a score; others must not weigh twice there.
        for step, value in earlier.intermediate_values.items() if state == "PRUNED" else ():
            asked.report(value, step)
        self._tell(asked, state, earlier.value if state == "COMPLETE" else None)

    def _ask(self) -> "optuna.Trial":
        """Ask for the next trial, which depends on the seed and on the trials before it alone."""
        from optuna.samplers import RandomSampler, TPESampler

        seed = self._chance().getrandbits(32)
        random_only = self.settings.search.strategy == "Random"
        self.study.sampler = (
            RandomSampler(seed) if random_only else TPESampler(seed=seed, n_startup_trials=STARTUP)
        )
        return self.study.ask()

    def _propose(self, tried: Collection[str]) -> bool:
        """Have Optuna try a combination, drawn among those that are left; tell if there is one."""
        numbers = range(min(self.space.size, 2**62))
        for number in self._chance().sample(numbers, min(len(numbers), DRAWS)):
            values = self.space.numbered(number)
            if repr(values) not in tried:
                self.study.enqueue_trial(self.choices.write(values))
                return True
        return False

    def _chance(self) -> random.Random:
        return random.Random(f"{self.settings.environment.seed} {len(self._trials())}")

    def _hours_are_over(self) -> bool:
        hours = self.settings.search.hours
        spent = sum(self.runs.finished(run).seconds for run in self.planned()) if hours else 0.0
        return hours is not None and spent >= 3600 * hours

    def _train(self, trial: _Trial, train: Train) -> None:
        """Train a combination on one fold after another, for as long as it is worth it."""
        scores: list[float] = []
        with trial.lock:
            for number, run in enumerate(trial.runs):
                if scores and self._is_worse(trial, number * A_FOLD - 1, scores):
                    for rest in trial.runs[number:]:
                        self.runs.prune(rest, "not begun: the folds before were worse than others'")
                    return self._tell(trial.asked, "PRUNED")
                ended = self.runs.finished(run)
                if ended.score is None:
                    heed = partial(self._heed, trial, number * A_FOLD, scores)
                    ended = self.runs.train(run, train, heed)
                if ended.score is None:
                    for rest in trial.runs[number + 1 :]:
                        self.runs.prune(rest, f"not begun: run {run.name} {ended.state}")
                    return self._tell(trial.asked, "PRUNED" if ended.state == PRUNED else "FAIL")
                scores.append(ended.score)
            self._tell(trial.asked, "COMPLETE", fmean(scores))

    def _heed(
        self, trial: _Trial, first: int, scores: Sequence[float], number: int, metric: float
    ) -> bool:
        """Tell Optuna of a validation; tell whether the run is to be stopped."""
        return self._is_worse(trial, first + number, [*scores, metric])

    def _is_worse(self, trial: _Trial, step: int, scores: Sequence[float]) -> bool:
        # What was told before an interruption is not told again.
        if step not in trial.reported:
            trial.reported.add(step)
            trial.asked.report(fmean(scores), step)
        if not self.settings.search.pruning:
            return False
        from optuna.pruners import MedianPruner

        repeated = sum(COMBINATION not in each.user_attrs for each in self._trials("COMPLETE"))
        self.study.pruner = MedianPruner(STARTUP + repeated)
        return trial.asked.should_prune()

    def _tell(self, asked: "optuna.Trial", state: str, value: float | None = None) -> None:
        from optuna.trial import TrialState

        self.study.tell(asked, value, TrialState[state])

    def _trials(self, *states: str) -> "list[FrozenTrial]":
        """List the trials in some states, or all."""
        trials = self.study.get_trials(deepcopy=False)
        return [each for each in trials if not states or each.state.name in states]

    def _tried(self) -> "dict[str, FrozenTrial]":
        """Give the trial of each combination that was not only a repetition, the newest of each."""
        trials = [each for each in self._trials() if COMBINATION in each.user_attrs]
        return {repr(self.choices.read(each.params)): each for each in trials}

    def _planned(self, trial: "FrozenTrial") -> list[PlannedRun]:
        values = self.choices.read(trial.params)
        return plan_combination(self.settings, self.folds, trial.user_attrs[COMBINATION], values)

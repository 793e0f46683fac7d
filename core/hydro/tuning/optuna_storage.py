"""Optuna's journal of trials, which several processes may write to."""

import itertools
import json
import logging
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from hydro.errors import SettingsError
from hydro.settings.search_space import SearchSpace, Values
from hydro.settings.sections import Settings
from hydro.tuning.optuna_parameters import OptunaParameters

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

logger = logging.getLogger(__name__)

N_STARTUP_TRIALS = 5
"""Trials that TPE samples at random, and that are never pruned."""

MAX_DUPLICATES = 10
"""Consecutive duplicates after which a new combination is drawn at random."""

DRAWS = 1000
"""Draws without a new combination after which the space counts as exhausted."""

COMBINATION = "combination"
"""Attribute of a trial that is trained: the number of its combination."""

DUPLICATE = "repeats"
"""Attribute of a trial that only repeats an earlier one: the number of that trial."""


@dataclass(frozen=True)
class OptunaStorage:
    """The trials of a tuning; each is one combination, trained or proposed once more."""

    settings: Settings
    path: Path
    higher_is_better: bool

    @cached_property
    def space(self) -> SearchSpace:
        """The search space."""
        return SearchSpace.of(self.settings)

    @property
    def budget(self) -> int:
        """The maximum number of combinations to try."""
        return min(self.settings.search.trials, self.space.size)

    @cached_property
    def study(self) -> "optuna.Study":
        """Open the file."""
        import optuna
        from optuna.storages.journal import JournalFileBackend

        # hydro logs each trial itself.
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        return optuna.create_study(
            study_name="search",
            storage=optuna.storages.JournalStorage(JournalFileBackend(str(self.path))),
            direction="maximize" if self.higher_is_better else "minimize",
            load_if_exists=True,
        )

    def begin(self) -> None:
        """Open the file, and queue the combinations that failed again.

        Raises:
            SettingsError: the lists changed since the tuning started.
        """
        lists = json.dumps(self.space.lists, default=str)
        if self.study.user_attrs.setdefault("lists", lists) != lists:
            msg = (
                "grid_search: not the lists that this experiment started with. Start another one; "
                "from_experiment takes over all other settings"
            )
            raise SettingsError(msg)
        self.study.set_user_attr("lists", lists)
        for trial in self.tried():
            if trial.state.name == "FAIL":
                self.study.enqueue_trial(trial.params)

    def tried(self) -> "list[FrozenTrial]":
        """Return the newest trial of each combination that was not only a duplicate."""
        return list(self._by_values().values())

    def combination(self, trial: "FrozenTrial") -> tuple[int, Values]:
        """Return the number and the values of a trial's combination."""
        return trial.user_attrs[COMBINATION], self._choices.read(trial.params)

    def opened(self, trial: "FrozenTrial") -> "optuna.Trial":
        """Return a trial that another process started, to continue it."""
        import optuna

        return optuna.Trial(self.study, trial._trial_id)

    def propose(
        self, hours_are_over: Callable[[], bool]
    ) -> "tuple[optuna.Trial, int, Values] | None":
        """Propose a combination that has not been tried, or that failed and is tried again.

        None if the budget is spent, or all have been tried.

        Args:
            hours_are_over: returns whether only failed combinations may still be tried.
        """
        for attempt in itertools.count():
            tried, again = self._by_values(), bool(self._trials("WAITING"))
            if not again and (len(tried) >= self.budget or hours_are_over()):
                return None
            if not again and attempt >= MAX_DUPLICATES and not self._draw(tried):
                logger.info("all combinations have been tried")
                return None
            trial = self._ask()
            values = self._choices.suggest(trial)
            earlier = tried.get(repr(values))
            if earlier is None:
                return trial, len(tried), values
            if again and earlier.state.name == "FAIL":
                return trial, earlier.user_attrs[COMBINATION], values
            self._repeat(trial, earlier)
        return None

    def take(self, trial: "optuna.Trial", number: int, values: Values) -> None:
        """Record that a proposed combination is trained; from then on others may continue it."""
        trial.set_user_attr("values", {name: str(value) for name, value in values.items()})
        trial.set_user_attr(COMBINATION, number)

    def is_worse(self, trial: "optuna.Trial") -> bool:
        """Return whether a trial should be pruned."""
        if not self.settings.search.pruning:
            return False
        from optuna.pruners import MedianPruner

        repeated = sum(COMBINATION not in each.user_attrs for each in self._trials("COMPLETE"))
        self.study.pruner = MedianPruner(N_STARTUP_TRIALS + repeated)
        return trial.should_prune()

    def report_result(self, trial: "optuna.Trial", state: str, value: float | None = None) -> None:
        """Report how a trial ended: COMPLETE, PRUNED or FAIL."""
        from optuna.trial import TrialState

        self.study.tell(trial, value, TrialState[state])

    @cached_property
    def _choices(self) -> OptunaParameters:
        """The search space as Optuna parameters."""
        return OptunaParameters(self.space)

    def _repeat(self, trial: "optuna.Trial", earlier: "FrozenTrial") -> None:
        """Report the known result of a combination that was proposed again."""
        trial.set_user_attr(DUPLICATE, earlier.number)
        state = earlier.state.name if earlier.state.is_finished() else "FAIL"
        # A pruned trial has its last validation as its score; others must not count twice.
        for step, value in earlier.intermediate_values.items() if state == "PRUNED" else ():
            trial.report(value, step)
        self.report_result(trial, state, earlier.value if state == "COMPLETE" else None)

    def _ask(self) -> "optuna.Trial":
        """Return the next trial, which depends only on the seed and on the trials before it."""
        from optuna.samplers import RandomSampler, TPESampler

        seed = self._random_seed().getrandbits(32)
        random_only = self.settings.search.strategy == "Random"
        self.study.sampler = (
            RandomSampler(seed)
            if random_only
            else TPESampler(seed=seed, n_startup_trials=N_STARTUP_TRIALS)
        )
        return self.study.ask()

    def _draw(self, tried: Collection[str]) -> bool:
        """Queue a random combination that has not been tried; return whether there is one."""
        numbers = range(min(self.space.size, 2**62))
        for number in self._random_seed().sample(numbers, min(len(numbers), DRAWS)):
            values = self.space.combination_at(number)
            if repr(values) not in tried:
                self.study.enqueue_trial(self._choices.write(values))
                return True
        return False

    def _random_seed(self) -> random.Random:
        # A proposal that a dead process never took is proposed again.
        done = [
            each for each in self._trials() if {COMBINATION, DUPLICATE} & each.user_attrs.keys()
        ]
        return random.Random(f"{self.settings.environment.seed} {len(done)}")

    def _trials(self, *states: str) -> "list[FrozenTrial]":
        """Return the trials in some states, or all."""
        trials = self.study.get_trials(deepcopy=False)
        return [each for each in trials if not states or each.state.name in states]

    def _by_values(self) -> "dict[str, FrozenTrial]":
        trials = [each for each in self._trials() if COMBINATION in each.user_attrs]
        return {repr(self._choices.read(each.params)): each for each in trials}

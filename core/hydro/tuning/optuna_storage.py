"""What Optuna knows of a search: a journal of trials, which several processes may write to."""

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
"""Combinations that TPE draws at random, and that are never pruned, before it knows enough."""

MAX_DUPLICATES = 10
"""Times in a row that Optuna may propose what was tried before it is given something new."""

DRAWS = 1000
"""Draws after which a space is taken for tried out."""

COMBINATION = "combination"
"""What a trial that is trained is marked with: the number of its combination."""

DUPLICATE = "repeats"
"""What a trial that only repeats an earlier one is marked with: the number of that one."""


@dataclass(frozen=True)
class OptunaStorage:
    """The trials of a search. A trial is one combination, trained or only proposed once more."""

    settings: Settings
    path: Path
    higher_is_better: bool

    @cached_property
    def space(self) -> SearchSpace:
        """What is searched over."""
        return SearchSpace.of(self.settings)

    @property
    def budget(self) -> int:
        """How many combinations are tried, at most."""
        return min(self.settings.search.trials, self.space.size)

    @cached_property
    def study(self) -> "optuna.Study":
        """Open the file."""
        import optuna
        from optuna.storages.journal import JournalFileBackend

        # Optuna would say for every trial what the search itself says.
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        return optuna.create_study(
            study_name="search",
            storage=optuna.storages.JournalStorage(JournalFileBackend(str(self.path))),
            direction="maximize" if self.higher_is_better else "minimize",
            load_if_exists=True,
        )

    def begin(self) -> None:
        """Open the file; have the combinations that failed tried again.

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
        for trial in self.tried():
            if trial.state.name == "FAIL":
                self.study.enqueue_trial(trial.params)

    def tried(self) -> "list[FrozenTrial]":
        """Return the newest trial of each combination that was not only a duplicate."""
        return list(self._by_values().values())

    def combination(self, trial: "FrozenTrial") -> tuple[int, Values]:
        """Return the number and the values of what a trial tried."""
        return trial.user_attrs[COMBINATION], self._choices.read(trial.params)

    def opened(self, trial: "FrozenTrial") -> "optuna.Trial":
        """Return a trial that another process began, to go on with."""
        import optuna

        return optuna.Trial(self.study, trial._trial_id)

    def propose(
        self, hours_are_over: Callable[[], bool]
    ) -> "tuple[optuna.Trial, int, Values] | None":
        """Propose a combination that has not been tried, or that failed and is to be tried again.

        Nothing where the budget is used up, or all have been tried.

        Args:
            hours_are_over: tells whether what failed is all that may be tried.
        """
        for attempt in itertools.count():
            tried, again = self._by_values(), bool(self._trials("WAITING"))
            if not again and (len(tried) >= self.budget or hours_are_over()):
                return None
            if not again and attempt >= MAX_DUPLICATES and not self._draw(tried):
                logger.info("all combinations have been tried")
                return None
            asked = self._ask()
            values = self._choices.suggest(asked)
            earlier = tried.get(repr(values))
            if earlier is None:
                return asked, len(tried), values
            if again and earlier.state.name == "FAIL":
                return asked, earlier.user_attrs[COMBINATION], values
            self._repeat(asked, earlier)
        return None

    def take(self, asked: "optuna.Trial", number: int, values: Values) -> None:
        """Note that a proposed combination is trained; only then may others go on with it."""
        asked.set_user_attr("values", {name: str(value) for name, value in values.items()})
        asked.set_user_attr(COMBINATION, number)

    def is_worse(self, asked: "optuna.Trial") -> bool:
        """Return whether what a trial has reported so far is not worth going on with."""
        if not self.settings.search.pruning:
            return False
        from optuna.pruners import MedianPruner

        repeated = sum(COMBINATION not in each.user_attrs for each in self._trials("COMPLETE"))
        self.study.pruner = MedianPruner(N_STARTUP_TRIALS + repeated)
        return asked.should_prune()

    def report_result(self, asked: "optuna.Trial", state: str, value: float | None = None) -> None:
        """Describe how a trial ended: COMPLETE, PRUNED or FAIL."""
        from optuna.trial import TrialState

        self.study.tell(asked, value, TrialState[state])

    @cached_property
    def _choices(self) -> OptunaParameters:
        """What is searched over, as Optuna sees it."""
        return OptunaParameters(self.space)

    def _repeat(self, asked: "optuna.Trial", earlier: "FrozenTrial") -> None:
        """Tell Optuna of a combination what is known of it, and nothing while it is trained."""
        asked.set_user_attr(DUPLICATE, earlier.number)
        state = earlier.state.name if earlier.state.is_finished() else "FAIL"
        # What was pruned has its last validation for a score; others must not weigh twice there.
        for step, value in earlier.intermediate_values.items() if state == "PRUNED" else ():
            asked.report(value, step)
        self.report_result(asked, state, earlier.value if state == "COMPLETE" else None)

    def _ask(self) -> "optuna.Trial":
        """Ask for the next trial, which depends on the seed and on the trials before it alone."""
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
        """Have Optuna try a combination, drawn among those that are left; tell if there is one."""
        numbers = range(min(self.space.size, 2**62))
        for number in self._random_seed().sample(numbers, min(len(numbers), DRAWS)):
            values = self.space.combination_at(number)
            if repr(values) not in tried:
                self.study.enqueue_trial(self._choices.write(values))
                return True
        return False

    def _random_seed(self) -> random.Random:
        # What a process that is gone asked for and did not take is asked for again.
        done = [
            each for each in self._trials() if {COMBINATION, DUPLICATE} & each.user_attrs.keys()
        ]
        return random.Random(f"{self.settings.environment.seed} {len(done)}")

    def _trials(self, *states: str) -> "list[FrozenTrial]":
        """List the trials in some states, or all."""
        trials = self.study.get_trials(deepcopy=False)
        return [each for each in trials if not states or each.state.name in states]

    def _by_values(self) -> "dict[str, FrozenTrial]":
        trials = [each for each in self._trials() if COMBINATION in each.user_attrs]
        return {repr(self._choices.read(each.params)): each for each in trials}

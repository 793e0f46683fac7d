"""What tests of experiments share: a regression on the number of words, to be changed and run."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from hydro.artifacts.results import write_scores
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, write_status
from hydro.executors.local import ShouldStop, Train
from hydro.plugins.components import Component
from hydro.plugins.loading import Plugin, kind_of
from hydro.plugins.problem import Problem
from hydro.plugins.registry import Registry
from hydro.training.progress import NoProgress
from hydro.tuning.optuna_strategy import OptunaStrategy
from hydro.tuning.trials import Trials

Curve = Callable[[dict[str, Any]], list[float]]
"""Gives the validations of a run, the last of which is its score, by its settings."""


def stand_in(curve: Curve) -> Train:
    """Make what stands in for the process of a run: it leaves what training would leave."""

    def train(folder: Path, watch: ShouldStop) -> None:
        run = RunFolder(folder)
        *validations, score = curve(yaml.safe_load(run.config.read_text(encoding="utf-8")))
        for number, metric in enumerate(validations):
            run.history.record("training", {"epoch": number + 1, "loss": 1.0})
            run.history.record("validation", {"samples": number, "MAE": metric})
            if watch():
                write_status(run, Status("stopped", "interrupted", seconds=1.0))
                return
        if score < 0:
            write_status(run, Status("failed", "training", "no score", seconds=1.0))
            return
        write_scores(run, {"validation": {"metrics": {"MAE": {"after": score}}}})
        write_status(run, Status("finished", seconds=1.0))

    return train


@dataclass(frozen=True)
class WordCount:
    """An experiment with what it is made from."""

    config: Path
    output: Path
    registry: Registry
    problem: Problem

    def offering(self, *components: Component) -> "WordCount":
        """Add components, as if one more plugin were installed."""
        plugin = Plugin("more", "more", "more 1.0", components)
        return dataclasses.replace(self, registry=Registry((*self.registry.plugins, plugin)))

    def replacing(self, component: Component | Problem) -> "WordCount":
        """Put a component in the place of the one that has its name."""
        plugins = [
            dataclasses.replace(plugin, records=tuple(map(component_or(component), plugin.records)))
            for plugin in self.registry.plugins
        ]
        return dataclasses.replace(self, registry=Registry(tuple(plugins)))

    def solving(self, **changes: Any) -> "WordCount":
        """Change the problem type."""
        return dataclasses.replace(self, problem=changed(self.problem, **changes))

    def prepare(self, *overrides: str, config: Path | None = None) -> Any:
        """Prepare it, with these settings changed; on the CPU, which is what figures are for."""
        from hydro.experiment.experiment import prepare
        from hydro.settings.loading import load

        changes = ("environment.gpus=[]", *overrides)
        loaded = load(config or self.config, self.registry.schema(self.problem), changes)
        return prepare(loaded.settings, self.problem, self.registry)

    def at(self, output: Path) -> "WordCount":
        """Write somewhere else."""
        return dataclasses.replace(self, output=output)

    def runs(self, told: list[Any] | None = None) -> Trials:
        """Give the runs of an experiment in its folder, which is made where it is missing."""
        self.output.mkdir(exist_ok=True)
        tell = (told if told is not None else []).append
        return Trials(RunFolder(self.output), "MAE", (), NoProgress(), tell)

    def study(self, *overrides: str, told: list[Any] | None = None) -> OptunaStrategy:
        """Begin a search that Optuna leads, or go on with it."""
        experiment = self.prepare(*overrides, "experiment_name=x")
        runs = self.runs(told)
        study = OptunaStrategy(experiment.settings, experiment.folds, runs, higher_is_better=False)
        study.begin()
        return study

    def run(self, *overrides: str, config: Path | None = None) -> Any:
        """Run it below ``output``, and give its outcome."""
        from hydro.experiment.train import create_folder, run
        from hydro.training.progress import NoProgress

        experiment = self.prepare(*overrides, config=config)
        return run(experiment, create_folder(experiment, self.output), NoProgress())


def changed(record: Any, **changes: Any) -> Any:
    """Make another problem, or inference of one, with some of its attributes or methods changed.

    A function takes the place of a method; it is called without ``self``.
    """
    methods = {
        name: staticmethod(each) if callable(each) and not isinstance(each, type) else each
        for name, each in changes.items()
    }
    bases = (*methods.pop("bases", ()), type(record))
    return type(type(record).__name__, bases, methods)()


def component_or(
    component: Component | Problem,
) -> Callable[[Component | Problem], Component | Problem]:
    """Give a function that exchanges a record of its kind, name and problem types for it."""

    def choose(record: Component | Problem) -> Component | Problem:
        return component if identity(record) == identity(component) else record

    def identity(record: Component | Problem) -> tuple[object, ...]:
        return kind_of(record), record.name, getattr(record, "problems", None)

    return choose


@pytest.fixture(scope="session")
def change() -> Callable[..., Any]:
    """Make another problem, or inference of one, with some attributes or methods changed."""
    return changed


@pytest.fixture
def word_count(wordcount_yml: Path, registry: Registry, tmp_path: Path) -> WordCount:
    """The regression on the number of words."""
    return WordCount(
        wordcount_yml, tmp_path / "runs", registry, registry.problem("linear_regression")
    )


@pytest.fixture
def standing_in() -> Callable[[Curve], Train]:
    """Make what stands in for the process of a run."""
    return stand_in


class Shown:
    """Keeps what is shown of each task: how much is done, with its figures."""

    def __init__(self) -> None:
        self.shown: dict[str, list[tuple[int, dict[str, float]]]] = {}

    @contextmanager
    def task(self, name: str, total: int, unit: str) -> Iterator[Any]:
        """Keep a task."""
        yield ShownTask(self.shown.setdefault(name, []))


@dataclass(frozen=True)
class ShownTask:
    """A task of those."""

    shown: list[tuple[int, dict[str, float]]]

    def advance(self, done: int, **figures: float) -> None:
        """Keep how far it is."""
        self.shown.append((done + (self.shown[-1][0] if self.shown else 0), figures))


@pytest.fixture
def progress() -> Shown:
    """What keeps all that is shown."""
    return Shown()

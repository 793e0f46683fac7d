"""What tests of experiments share: the word count experiment, to be changed and run."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hydro.catalog import Catalog
from hydro.components import Component, Problem
from hydro.plugins import Plugin


@dataclass(frozen=True)
class WordCount:
    """An experiment with what it is made from."""

    config: Path
    output: Path
    catalog: Catalog
    problem: Problem

    def offering(self, *components: Component) -> "WordCount":
        """Add components, as if one more plugin were installed."""
        plugin = Plugin("more", "more", "more 1.0", components)
        return dataclasses.replace(self, catalog=Catalog((*self.catalog.plugins, plugin)))

    def replacing(self, component: Component) -> "WordCount":
        """Put a component in the place of the one that has its name."""
        plugins = [
            dataclasses.replace(plugin, records=tuple(map(component_or(component), plugin.records)))
            for plugin in self.catalog.plugins
        ]
        return dataclasses.replace(self, catalog=Catalog(tuple(plugins)))

    def solving(self, **changes: Any) -> "WordCount":
        """Change the problem type."""
        return dataclasses.replace(self, problem=dataclasses.replace(self.problem, **changes))

    def prepare(self, *overrides: str, config: Path | None = None) -> Any:
        """Prepare it, with these settings changed; on the CPU, which is what figures are for."""
        from hydro.experiment import prepare
        from hydro.settings.document import load

        changes = ("environment.gpus=[]", *overrides)
        loaded = load(config or self.config, self.catalog.schema(self.problem), changes)
        return prepare(loaded.settings, self.problem, self.catalog)

    def run(self, *overrides: str, config: Path | None = None) -> Any:
        """Run it below ``output``, and give its outcome."""
        from hydro.experiment import run
        from hydro.progress import NoProgress

        return run(self.prepare(*overrides, config=config), self.output, NoProgress())


def component_or(component: Component) -> Callable[[Component | Problem], Component | Problem]:
    """Give a function that exchanges a record of the component's kind and name for it."""

    def choose(record: Component | Problem) -> Component | Problem:
        same = (type(record), record.name) == (type(component), component.name)
        return component if same else record

    return choose


@pytest.fixture
def word_count(wordcount_yml: Path, catalog: Catalog, tmp_path: Path) -> WordCount:
    """The word count experiment."""
    return WordCount(wordcount_yml, tmp_path / "runs", catalog, catalog.problem("wordcount"))

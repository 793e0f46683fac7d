"""What is installed: problem types, and the components that fit each of them."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from hydro.errors import PluginError, SettingsError
from hydro.plugins.components import Component
from hydro.plugins.loading import Plugin, load_plugins
from hydro.plugins.problem import Problem
from hydro.settings.compose import compose
from hydro.settings.schema import Schema, flatten
from hydro.settings.sections import Settings


@dataclass(frozen=True)
class Registry:
    """The plugins there are, and what they bring."""

    plugins: tuple[Plugin, ...]

    @classmethod
    def installed(cls) -> "Registry":
        """Load what is installed in this environment."""
        return cls(tuple(load_plugins()))

    @property
    def failures(self) -> tuple[str, ...]:
        """Why plugins did not load, one sentence each."""
        return tuple(plugin.failure for plugin in self.plugins if plugin.failure)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problem types, by name."""
        records = [record for plugin in self.plugins for record in plugin.records]
        found = [record for record in records if isinstance(record, Problem)]
        return tuple(sorted(found, key=lambda problem: problem.name))

    def problem(self, name: str) -> Problem:
        """Return the problem type of a name.

        Raises:
            SettingsError: there is none; the message lists what there is.
        """
        for problem in self.problems:
            if problem.name == name:
                return problem
        names = [problem.name for problem in self.problems]
        near = difflib.get_close_matches(name, names, 1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        msg = f"unknown problem type '{name}'. Available: {', '.join(names) or 'none'}.{hint}"
        raise SettingsError(msg)

    def components(self, kind: str, problem: str) -> Sequence[Component]:
        """List the components of a kind that fit a problem type, in the order they were offered."""
        records = [record for plugin in self.plugins for record in plugin.records]
        return [
            record
            for record in records
            if isinstance(record, Component) and record.kind == kind and record.fits(problem)
        ]

    def schema(self, problem: Problem) -> type[Settings]:
        """Compose the settings model of a problem type from all that is installed."""
        return compose(problem, self)

    def pick(self, kind: str, problem: str, settings: Settings) -> Component:
        """Return the component that the settings select, or the only one that fits.

        Raises:
            PluginError: the problem has no setting to choose by, and not exactly one fits.
        """
        fitting = self.components(kind, problem)
        path = Schema.of(type(settings)).selector(kind)
        if path:
            name = flatten(settings)[path]
            fitting = [each for each in fitting if each.name == name]
        if len(fitting) != 1:
            names = ", ".join(each.name for each in fitting) or "none"
            msg = (
                f"'{problem}' needs exactly one {kind} where no setting selects it; found: {names}"
            )
            raise PluginError(msg)
        return fitting[0]

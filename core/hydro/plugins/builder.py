"""Builds the component of each kind that the settings of a run select."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hydro.errors import PluginError
from hydro.plugins.components import Component, Metric
from hydro.plugins.metrics import Metrics, RowMetric
from hydro.plugins.problem import Problem
from hydro.plugins.registry import Registry
from hydro.settings.sections import Settings


@dataclass(frozen=True)
class Builder:
    """Builds the selected component of each kind for one run."""

    settings: Settings
    registry: Registry
    problem: Problem
    built: list[tuple[Component, object]] = field(default_factory=list, init=False, compare=False)
    """What has been built so far; None until its builder is through."""

    def components(self, kind: str) -> Sequence[Component]:
        """List the components of a kind that fit the problem."""
        return self.registry.components(kind, self.problem.name)

    def pick(self, kind: str) -> Component:
        """Return the component of a kind that the settings select."""
        return self.registry.pick(kind, self.problem.name, self.settings)

    @property
    def higher_is_better(self) -> bool:
        """Return in which direction the selected metric improves."""
        metric = self.pick("metric")
        return not isinstance(metric, Metric) or metric.higher_is_better

    def build(self, kind: str, **built: object) -> Any:
        """Build the component of a kind that the settings select."""
        return self.make(self.pick(kind), **built)

    def build_all(self, kind: str, **built: object) -> dict[str, Any]:
        """Build every component of a kind that fits the problem, by name."""
        return {each.name: self.make(each, **built) for each in self.components(kind)}

    def build_metrics(self) -> Metrics:
        """Build the metrics of the problem, by name.

        Raises:
            PluginError: a plugin built something else; the message names it.
        """
        metrics = self.build_all("metric")
        for name, each in metrics.items():
            if not isinstance(each, RowMetric):
                msg = (
                    f"the metric '{name}' is built as {type(each).__name__}, where a RowMetric is "
                    "wanted, such as MeanMetric(function)"
                )
                raise PluginError(msg, ("metric", name))
        return metrics

    def make(self, component: Component, **built: object) -> Any:
        """Build one component."""
        self.built.append((component, None))
        made = component.build(self.settings, **built)
        self.built[-1] = (component, made)
        return made

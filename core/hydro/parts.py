"""Assembles the parts of a run, each built by the component that the settings select."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from torch import nn

from hydro.catalog import Catalog
from hydro.components import Component, Metric, Problem
from hydro.data.frames import Frames
from hydro.data.labels import Labels
from hydro.settings.sections import Settings
from hydro.training.dataset import Dataset


@dataclass(frozen=True)
class Parts:
    """What a run computes with."""

    tokenizer: Any
    labels: Labels
    train: Dataset
    train_as_predicted: Dataset
    """The training rows without what only training does to them."""
    validation: Dataset
    test: Dataset | None
    model: nn.Module
    loss: nn.Module
    metrics: Mapping[str, Any]


@dataclass(frozen=True)
class Builder:
    """Builds the selected component of each kind for one run."""

    settings: Settings
    catalog: Catalog
    problem: Problem
    built: list[tuple[Component, Any]] = field(default_factory=list, init=False, compare=False)
    """What has been built so far; None until its builder is through."""

    def components(self, kind: str) -> Sequence[Component]:
        """List the components of a kind that fit the problem."""
        return self.catalog.components(kind, self.problem.name)

    def pick(self, kind: str) -> Component:
        """Give the component of a kind that the settings select."""
        return self.catalog.pick(kind, self.problem.name, self.settings)

    @property
    def higher_is_better(self) -> bool:
        """Tell in which direction the selected metric improves."""
        metric = self.pick("metric")
        return not isinstance(metric, Metric) or metric.higher_is_better

    def build(self, kind: str, **built: Any) -> Any:
        """Build the component of a kind that the settings select."""
        return self.make(self.pick(kind), **built)

    def build_all(self, kind: str, **built: Any) -> dict[str, Any]:
        """Build every component of a kind that fits the problem, by name."""
        return {each.name: self.make(each, **built) for each in self.components(kind)}

    def make(self, component: Component, **built: Any) -> Any:
        """Build one component."""
        self.built.append((component, None))
        made = component.build(self.settings, **built)
        self.built[-1] = (component, made)
        return made


def assemble(builder: Builder, frames: Frames) -> Parts:
    """Build tokenizer, datasets, model, loss and metrics, each from those before it."""
    settings = builder.settings
    tokenizer = builder.build("tokenizer")
    labels = Labels.of(frames.train, builder.problem.columns(settings).targets)

    def dataset(frame: pd.DataFrame, *, training: bool = False) -> Any:
        return builder.build(
            "dataset", frame=frame, tokenizer=tokenizer, labels=labels, training=training
        )

    model = builder.build("model", tokenizer=tokenizer)
    return Parts(
        tokenizer=tokenizer,
        labels=labels,
        train=dataset(frames.train, training=True),
        train_as_predicted=dataset(frames.train),
        validation=dataset(frames.validation),
        test=None if frames.test is None else dataset(frames.test),
        model=model,
        loss=builder.build("loss", model=model, labels=labels),
        metrics=builder.build_all("metric"),
    )

"""Assembles the parts of a run, each built by the component that the settings select."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from torch import nn

from hydro.data.frames import Frames
from hydro.data.labels import Labels
from hydro.plugins.builder import Builder
from hydro.training.dataset import Dataset


@dataclass(frozen=True)
class RunComponents:
    """What a run computes with."""

    tokenizer: Any
    labels: Labels
    train: Dataset
    train_eval: Dataset
    """The training rows without what only training does to them."""
    validation: Dataset
    test: Dataset | None
    model: nn.Module
    loss: nn.Module
    metrics: Mapping[str, Any]


def assemble(builder: Builder, frames: Frames) -> RunComponents:
    """Build tokenizer, datasets, model, loss and metrics, each from those before it."""
    settings = builder.settings
    tokenizer = builder.build("tokenizer")
    labels = Labels.of(frames.train, builder.problem.columns(settings).targets)

    def dataset(frame: pd.DataFrame, *, training: bool = False) -> Any:
        return builder.build(
            "dataset", frame=frame, tokenizer=tokenizer, labels=labels, training=training
        )

    model = builder.build("model", tokenizer=tokenizer)
    return RunComponents(
        tokenizer=tokenizer,
        labels=labels,
        train=dataset(frames.train, training=True),
        train_eval=dataset(frames.train),
        validation=dataset(frames.validation),
        test=None if frames.test is None else dataset(frames.test),
        model=model,
        loss=builder.build("loss", model=model, labels=labels),
        metrics=builder.build_all("metric"),
    )

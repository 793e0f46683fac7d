"""Assembles the parts of a run, each built by the component that the settings select."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from torch import nn

from hydro.data.frames import Frames
from hydro.data.targets import Targets
from hydro.plugins.builder import Builder
from hydro.plugins.metrics import Metrics
from hydro.training.dataset import Dataset


@dataclass(frozen=True)
class RunComponents:
    """What a run computes with."""

    tokenizer: Any
    targets: Targets
    train: Dataset
    train_eval: Dataset
    """The training rows without what only training does to them."""
    validation: Dataset
    test: Dataset | None
    model: nn.Module
    loss: nn.Module
    metrics: Metrics


def assemble(builder: Builder, frames: Frames, targets: Targets) -> RunComponents:
    """Build tokenizer, datasets, model, loss and metrics, each from those before it."""
    tokenizer = builder.build("tokenizer")

    def dataset(frame: pd.DataFrame, *, training: bool = False) -> Any:
        return builder.build(
            "dataset", frame=frame, tokenizer=tokenizer, targets=targets, training=training
        )

    model = builder.build("model", tokenizer=tokenizer, targets=targets)
    return RunComponents(
        tokenizer=tokenizer,
        targets=targets,
        train=dataset(frames.train, training=True),
        train_eval=dataset(frames.train),
        validation=dataset(frames.validation),
        test=None if frames.test is None else dataset(frames.test),
        model=model,
        loss=builder.build("loss", model=model, targets=targets),
        metrics=builder.build_metrics(),
    )

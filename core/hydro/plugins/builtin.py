"""hydro's own optimizers, schedules and loggers, offered through the hooks that everybody has."""

import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hydro.errors import SettingsError
from hydro.plugins.components import Logger, Optimizer, Sampler, Schedule
from hydro.plugins.hookspecs import hookimpl
from hydro.plugins.protocols import LrLambda, OptimizerBuilder
from hydro.settings.sections import Settings
from hydro.trackers import mlflow, neptune, tensorboard, trackio, wandb
from hydro.trackers.tracker import Tracker

if TYPE_CHECKING:
    import torch

    from hydro.training.dataset import Dataset
    from hydro.training.samplers import ShuffledBatches

logger = logging.getLogger(__name__)


@hookimpl
def hydro_optimizers() -> list[Optimizer]:
    """Return torch's optimizers; the fused ones where there are."""
    return [
        Optimizer("AdamW", _torch_optimizer("AdamW", fused=True)),
        Optimizer("Adam", _torch_optimizer("Adam", fused=True)),
        Optimizer("SGD", _torch_optimizer("SGD", fused=True)),
        Optimizer("RMSprop", _torch_optimizer("RMSprop")),
        Optimizer("Adadelta", _torch_optimizer("Adadelta")),
    ]


@hookimpl
def hydro_samplers() -> list[Sampler]:
    """Return the sampler that shuffles the rows in each epoch."""
    return [Sampler("Shuffled", shuffled)]


@hookimpl
def hydro_schedules() -> list[Schedule]:
    """Return the schedules of the reference system."""
    return [
        Schedule("Cosine", cosine),
        Schedule("Constant", constant),
        Schedule("Linear", linear),
    ]


@hookimpl
def hydro_loggers() -> list[Logger]:
    """Return no tracker, so that the folder is the only place that figures go to, and five."""
    return [
        Logger("None", no_tracker),
        Logger("Neptune", neptune.build),
        Logger("TensorBoard", tensorboard.build),
        Logger("MLflow", mlflow.build, settings=mlflow.MLflowSettings),
        Logger("Weights & Biases", wandb.build, settings=wandb.WandbSettings),
        Logger("Trackio", trackio.build, settings=trackio.TrackioSettings),
    ]


def shuffled(
    settings: Settings, *, dataset: "Dataset", frame: object, targets: object, world_size: int
) -> "ShuffledBatches":
    """Build batches of ``batch_size`` rows, or of at most ``batch_tokens`` tokens.

    Raises:
        SettingsError: batches are to be cut by tokens, and the rows have none or too many.
    """
    from hydro.training.samplers import ShuffledBatches
    from hydro.training.token_batching import TokenBatches

    training, seed, by_tokens = settings.training, settings.environment.seed, None
    if training.batch_tokens is not None:
        lengths = getattr(dataset, "lengths", None)
        if lengths is None:
            msg = "training.batch_tokens: the rows of this problem have no tokens. Leave it out"
            raise SettingsError(msg)
        by_tokens = TokenBatches(lengths, training.batch_tokens * world_size)
    batches = ShuffledBatches(len(dataset), seed, training, world_size, by_tokens)
    if training.drop_last_batch and not batches.drop_last:
        logger.warning("fewer training rows than one batch: drop_last_batch is off")
    return batches


def cosine(settings: Settings, *, steps: int, warmup: int) -> LrLambda:
    """Fall from 1 to exactly 0 as ½(1 + cos(πi/N)) over the N updates after the warm-up."""
    return _after_warmup(lambda done: (1 + math.cos(math.pi * done)) / 2, steps, warmup)


def linear(settings: Settings, *, steps: int, warmup: int) -> LrLambda:
    """Fall from 1 to 0 in a straight line over the updates after the warm-up."""
    return _after_warmup(lambda done: 1 - done, steps, warmup)


def constant(settings: Settings, *, steps: int, warmup: int) -> LrLambda:
    """Stay at 1 after the warm-up."""
    return _after_warmup(lambda done: 1.0, steps, warmup)


def _after_warmup(shape: Callable[[float], float], steps: int, warmup: int) -> LrLambda:
    def factor(update: int) -> float:
        if update < warmup:
            return update / warmup
        return shape(min(1.0, (update - warmup) / max(1, steps - warmup)))

    return factor


def _torch_optimizer(name: str, *, fused: bool = False) -> OptimizerBuilder:
    def build(settings: Settings, *, groups: list[dict[str, object]]) -> "torch.optim.Optimizer":
        import torch

        from hydro.training.sparse_optimizer import use_sparse_updates

        options: dict[str, bool] = {"fused": True} if fused else {}
        optimizer: torch.optim.Optimizer = getattr(torch.optim, name)(groups, **options)
        if isinstance(optimizer, torch.optim.Adam):
            use_sparse_updates(optimizer)
        return optimizer

    return build


def no_tracker(settings: Settings, *, name: str, folder: Path) -> Tracker:
    """Build the tracker that keeps nothing."""
    return Tracker()

"""Smaller batches for a run that is out of memory, by rows or by tokens."""

import logging
from typing import Literal

from hydro.artifacts.files import write_text
from hydro.artifacts.log import open_log
from hydro.artifacts.results import read_environment, write_environment
from hydro.artifacts.run_folder import RunFolder
from hydro.settings.sections import Settings
from hydro.settings.yaml_writer import dump
from hydro.training.checkpoint import Checkpoints

logger = logging.getLogger(__name__)


def batch_setting(settings: Settings) -> Literal["batch_size", "batch_tokens"]:
    """Return which setting bounds a batch.

    ``environment.json`` has its current value under the same name, and that of the first attempt
    under the name with ``_asked``.
    """
    return "batch_size" if settings.training.batch_tokens is None else "batch_tokens"


def batch_size(settings: Settings) -> int:
    """Return the rows of a batch, or its tokens where those bound it."""
    size: int = getattr(settings.training, batch_setting(settings))
    return size


def with_batch_size(settings: Settings, size: int) -> Settings:
    """Return the settings with batches of another size."""
    training = settings.training.model_copy(update={batch_setting(settings): size})
    return settings.model_copy(update={"training": training})


def with_adjusted_batches(settings: Settings, folder: RunFolder) -> Settings:
    """Return the settings with the batches that an earlier attempt in the folder was left with."""
    if not settings.training.automatically_adjust_batch_size:
        return settings
    size = batch_size(settings)
    adjusted = read_environment(folder).get(batch_setting(settings), size)
    return with_batch_size(settings, min(size, adjusted))


def can_halve_batches(settings: Settings) -> bool:
    """Return whether a run that is out of memory may start again with smaller batches."""
    return settings.training.automatically_adjust_batch_size and batch_size(settings) > 1


def halve_batches(settings: Settings, folder: RunFolder) -> Settings:
    """Return the settings with batches of half the size, and clear the folder for the next attempt.

    Nothing of the attempt before is used, so that the run is what it would have been with these
    batches from the start. The folder keeps both sizes, for a run that resumes.
    """
    name, before = batch_setting(settings), batch_size(settings)
    smaller = with_batch_size(settings, before // 2)
    unit = "rows" if name == "batch_size" else "tokens"
    with open_log(folder):
        logger.warning("out of memory: restarting with batches of %d %s", before // 2, unit)
    folder.clear()
    Checkpoints(folder.checkpoints).clear()
    environment = read_environment(folder)
    asked = environment.get(f"{name}_asked", before)
    write_environment(folder, environment | {f"{name}_asked": asked, name: before // 2})
    write_text(folder.config, dump(smaller))
    return smaller

"""Finds what was interrupted, and sees that it goes on with what it began with."""

import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

from hydro.artifacts.files import JsonObject
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import read_status
from hydro.data.tables import hash_table
from hydro.errors import DataError, SettingsError
from hydro.experiment.batch_sizes import batch_setting, batch_size
from hydro.paths import is_experiment
from hydro.settings.grid_search import with_values
from hydro.settings.schema import Schema, flatten
from hydro.settings.sections import Settings

logger = logging.getLogger(__name__)

MAY_CHANGE_ON_RESUME = (
    "experiment_name",
    "environment.gpus",
    "environment.number_of_workers",
    "training.build_scoring_pipelines",
    "training.checkpoint_minutes",
)
"""What may differ when a run goes on, and the whole section of logging: no weight depends on it."""

AFFECTS_NUMERICS = ("device", "gpu", "precision", "threads", "torch")
"""Facts of the environment that change the last bits of a result."""


def may_change(path: str) -> bool:
    """Return whether a setting, by dotted name, may differ when a run goes on."""
    return path in MAY_CHANGE_ON_RESUME or path.startswith("logging.")


def resume_fingerprint(settings: Settings) -> JsonObject:
    """Return the settings that apply, by dotted name and ready for JSON.

    Paths are left out: a table may lie elsewhere, and is known by its content.
    """
    values = flatten(settings)
    applying = (
        each.path
        for each in Schema.of(type(settings))
        if each.metadata.applies_if is None or each.metadata.applies_if.holds(values)
    )
    kept = {path: values[path] for path in applying if not isinstance(values[path], Path)}
    ready: JsonObject = json.loads(json.dumps(kept, default=str))
    return ready


def hash_tables(settings: Settings) -> dict[str, str]:
    """Return a hash of every table that the settings name, by the setting's dotted name."""
    found = {}
    for name, path in settings.dataset:
        if isinstance(path, Path):
            found[f"dataset.{name}"] = hash_table(path)
    return found


def find_interrupted(output: Path, name: str) -> RunFolder | None:
    """Find the newest experiment of a name, numbered or not, that has not finished."""
    numbered = [(1, output / name)]
    for path in output.glob(f"{name}-*"):
        number = path.name.removeprefix(f"{name}-")
        if number.isdecimal():
            numbered.append((int(number), path))
    for _, path in sorted(numbered, reverse=True):
        folder = RunFolder(path)
        if is_experiment(path) and read_status(folder).state != "finished":
            return folder
    return None


def merge_stored(asked: Settings, stored: Settings, environment: Mapping[str, object]) -> Settings:
    """Return an interrupted experiment's settings, with what may differ as it is asked for now.

    Args:
        asked: What the user says now.
        stored: What the experiment began with; what chance decides has been drawn.
        environment: What the experiment kept of its environment.

    Raises:
        SettingsError: the two differ in something else.
    """
    now, then = resume_fingerprint(asked), resume_fingerprint(stored)
    drawn = ["problem_type", "from_experiment"]
    if asked.environment.seed == -1:
        drawn.append("environment.seed")
    if asked.dataset.split_seed is None:
        drawn.append("dataset.split_seed")
    if not asked.dataset.folds:
        drawn.append("dataset.folds")
    name = batch_setting(asked)
    if environment.get(f"{name}_asked") == batch_size(asked):
        drawn.append(f"training.{name}")
    check_settings({path: each for path, each in now.items() if path not in drawn}, then)
    values = flatten(asked)
    taken = {
        path: each for path, each in values.items() if may_change(path) or isinstance(each, Path)
    }
    del taken["experiment_name"]
    # The values are those of a run alone, which searches over nothing.
    search = {"grid_search": stored.grid_search, "search": stored.search}
    return with_values(stored, taken).model_copy(update=search)


def check_settings(now: Mapping[str, object], then: Mapping[str, object]) -> None:
    """Check that settings, by dotted name, are those that the work began with.

    Raises:
        SettingsError: one that may not differ does; the message names all of them.
    """
    changed = [path for path in now if path in then and now[path] != then[path]]
    refused = [path for path in changed if not may_change(path)]
    if refused:
        listed = "; ".join(f"{path} is {now[path]}, was {then[path]}" for path in refused)
        msg = (
            f"cannot go on with other settings: {listed}. Set them back, or start again "
            "without --resume"
        )
        raise SettingsError(msg)


def check_tables(now: Mapping[str, str], then: Mapping[str, str]) -> None:
    """Check that the tables have the content that the work began with.

    Raises:
        DataError: one has changed.
    """
    changed = sorted(path for path in {**now, **then} if now.get(path) != then.get(path))
    if changed:
        msg = (
            f"cannot go on with other rows: the table of {' and of '.join(changed)} has changed. "
            "Put it back, or start again"
        )
        raise DataError(msg)


def warn_of_environment(now: Mapping[str, object], then: Mapping[str, object]) -> None:
    """Describe what will make the result differ from that of a run in one go, in its last bits."""
    for line in _differences(now, then):
        logger.warning("the result may not be equal to the last bit: %s", line)


def _differences(now: Mapping[str, object], then: Mapping[str, object]) -> Iterator[str]:
    for name in AFFECTS_NUMERICS:
        if name in then and now.get(name) != then[name]:
            yield f"{name} is {now.get(name)}, was {then[name]}"

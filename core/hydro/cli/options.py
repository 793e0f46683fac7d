"""Options that several commands share, and how they become settings."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import click

from hydro.cli.output import echo
from hydro.errors import SettingsError
from hydro.plugins.problem import Problem
from hydro.plugins.registry import Registry
from hydro.plugins.retrieval import KINDS
from hydro.settings.grid_search import with_values
from hydro.settings.layers import Layers
from hydro.settings.loading import LoadedSettings, check, read

Command = TypeVar("Command", bound=Callable[..., object])

config_argument = click.argument(
    "config", metavar="CFG.YML", type=click.Path(path_type=Path, dir_okay=True)
)
problem_option = click.option(
    "--problem",
    metavar="NAME",
    help="Problem type, unless the file names it or only one is installed.",
)
set_option = click.option(
    "--set",
    "overrides",
    metavar="KEY=VALUE",
    multiple=True,
    help="Override a setting, as in --set training.epochs=3. Can be repeated.",
)
experiment_argument = click.argument("experiment", metavar="EXPERIMENT")
output_option = click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default="runs",
    show_default=True,
    envvar="HYDRO_OUTPUT",
    show_envvar=True,
    help="Folder of the experiments.",
)


def index_option(help: str) -> Callable[[Command], Command]:
    """Return the option that selects the index of a gallery."""
    return click.option(
        "--index", "kind", type=click.Choice(KINDS), default="exact", show_default=True, help=help
    )


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@dataclass(frozen=True)
class Request:
    """A problem type with checked settings."""

    registry: Registry
    problem: Problem
    loaded: LoadedSettings


def read_request(config: Path, problem: str | None, overrides: tuple[str, ...]) -> Request:
    """Load plugins, find the problem type and check the settings.

    Raises:
        SettingsError: the file or an override is wrong, or no problem type is named.
    """
    registry = installed_catalog()
    layers = read(config, overrides)
    found = find_problem(problem, layers, registry)
    loaded = _infer(found, check(layers, registry.schema(found)))
    # Of the processes that torch's launcher starts, the first speaks.
    for note in loaded.warnings if os.environ.get("RANK", "0") == "0" else ():
        echo(f"note: {note}", err=True)
    return Request(registry, found, loaded)


def _infer(problem: Problem, loaded: LoadedSettings) -> LoadedSettings:
    """Set settings that were not given to the values that others imply."""
    settings = loaded.settings
    values, notes = problem.infer_settings(settings, given=loaded.given)
    if values:
        kept = {"grid_search": settings.grid_search, "search": settings.search}
        settings = with_values(settings, values).model_copy(update=kept)
    return replace(loaded, settings=settings, warnings=(*loaded.warnings, *notes))


def installed_catalog() -> Registry:
    """Load what is installed; warn of plugins that failed to load."""
    registry = Registry.installed()
    for failure in registry.failures:
        echo(f"hydro: {failure}", err=True)
    return registry


def find_problem(asked: str | None, layers: Layers, registry: Registry) -> Problem:
    """Return the problem type that the command line or the file names, or the only one.

    Raises:
        SettingsError: none is named, the two contradict, or there is none of that name.
    """
    written = layers.top("problem_type")
    line, column = layers.file.value_positions.get(("problem_type",), (1, 1))
    place = f"{layers.file.source}:{line}:{column}: problem_type"
    if asked and written and asked != written:
        msg = f"{place} is '{written}', but --problem says '{asked}'. Change one"
        raise SettingsError(msg)
    name = asked or written
    if not name and len(registry.problems) == 1:
        return registry.problems[0]
    if not isinstance(name, str):
        found = "no problem type. Add --problem NAME; hydro problems lists those available"
        msg = f"{layers.file.source}: {found}"
        raise SettingsError(msg)
    try:
        return registry.problem(name)
    except SettingsError as error:
        msg = str(error) if asked else f"{place}: {error}"
        raise SettingsError(msg) from None

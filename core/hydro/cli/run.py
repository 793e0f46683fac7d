"""``hydro run``: train an experiment."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hydro.cli.options import (
    Request,
    config_argument,
    json_option,
    output_option,
    problem_option,
    read_request,
    set_option,
)
from hydro.cli.work import exit_process, join_run

if TYPE_CHECKING:
    from hydro.settings.sections import Settings


@click.command(short_help="Train the experiment that a YAML file describes.")
@config_argument
@problem_option
@set_option
@output_option
@click.option(
    "--resume",
    is_flag=True,
    help="Go on with the newest experiment of this name that was interrupted, if there is one.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Check everything, estimate time and memory, print the settings; keep nothing.",
)
@json_option
def run(
    config: Path,
    problem: str | None,
    overrides: tuple[str, ...],
    output: Path,
    resume: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Train the experiment that CFG.YML describes, and show how much better the model became."""
    request = read_request(config, problem, overrides)

    from hydro.experiment.estimate import estimate
    from hydro.experiment.experiment import prepare
    from hydro.settings.yaml_writer import dump

    found, settings = find(request, output) if resume else (None, request.loaded.settings)
    if not dry_run:
        train_alone_or_together(request, settings, output, found, as_json=as_json)
        return
    experiment = prepare(settings, request.problem, request.registry)
    click.echo(str(experiment), err=True)
    for note in experiment.warnings:
        click.echo(f"warning: {note}", err=True)
    click.echo(f"estimate: {estimate(experiment)}", err=True)
    text = dump(experiment.settings)
    click.echo(json.dumps(experiment.settings.model_dump(mode="json")) if as_json else text)


def train_alone_or_together(
    request: Request, settings: "Settings", output: Path, found: Path | None, *, as_json: bool
) -> None:
    """Train, with the other processes if torch's launcher has started any beside this one.

    ``found`` is the folder to go on in; None makes one in ``output``.
    """
    from hydro.cli.result import show, showing_failures
    from hydro.cli.terminal import TerminalProgress
    from hydro.experiment.experiment import prepare
    from hydro.experiment.train import create_folder, open_folder, run
    from hydro.training.distributed import init_process_group
    from hydro.training.signals import StopSignal

    stop = StopSignal.on_signals()
    with init_process_group() as processes:
        if not processes.is_main:
            join_run(processes)
        else:
            experiment = prepare(settings, request.problem, request.registry, processes)
            failures = showing_failures(experiment.settings, as_json=as_json)
            with failures, TerminalProgress() as progress:
                folder = (
                    open_folder(experiment, found) if found else create_folder(experiment, output)
                )
                outcome = run(experiment, folder, progress, stop)
            show(outcome, as_json=as_json)
    exit_process(processes)


def find(request: Request, output: Path) -> "tuple[Path | None, Settings]":
    """Find what is to be gone on with, and the settings to do so; say if there is nothing.

    Raises:
        SettingsError: the experiment has no name, or began with other settings.
    """
    from hydro.artifacts.results import read_environment
    from hydro.errors import SettingsError
    from hydro.experiment.resume import find_interrupted, merge_stored
    from hydro.settings.loading import load

    asked = request.loaded.settings
    if asked.experiment_name is None:
        msg = (
            "--resume finds an experiment by its name: set experiment_name, or go on with "
            "hydro resume FOLDER"
        )
        raise SettingsError(msg)
    found = find_interrupted(output, asked.experiment_name)
    if found is None:
        said = f"no interrupted experiment {asked.experiment_name} in {output}: starting afresh"
        click.echo(f"note: {said}", err=True)
        return None, asked
    stored = load(found.config, request.registry.schema(request.problem)).settings
    click.echo(f"note: going on with {found.path}", err=True)
    return found.path, merge_stored(asked, stored, read_environment(found))

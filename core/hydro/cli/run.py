"""``hydro run``: train an experiment."""

import json
from pathlib import Path

import click

from hydro.cli.options import (
    Request,
    config_argument,
    json_option,
    problem_option,
    read_request,
    set_option,
)
from hydro.cli.work import take_part


@click.command()
@config_argument
@problem_option
@set_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default="runs",
    show_default=True,
    envvar="HYDRO_OUTPUT",
    show_envvar=True,
    help="The folder that the experiment's own folder is made in.",
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
    dry_run: bool,
    as_json: bool,
) -> None:
    """Train the experiment that CFG.YML describes, and show how much better the model became."""
    request = read_request(config, problem, overrides)

    from hydro.cli.terminal import stop_on_sigterm
    from hydro.estimate import estimate
    from hydro.experiment import prepare
    from hydro.settings.document import dump

    stop_on_sigterm()
    if dry_run:
        experiment = prepare(request.loaded.settings, request.problem, request.catalog)
        click.echo(str(experiment), err=True)
        for note in experiment.frames.notes:
            click.echo(f"warning: {note}", err=True)
        click.echo(f"estimate: {estimate(experiment)}", err=True)
        text = dump(experiment.settings)
        click.echo(json.dumps(experiment.settings.model_dump(mode="json")) if as_json else text)
        return
    _train(request, output, as_json=as_json)


def _train(request: Request, output: Path, *, as_json: bool) -> None:
    """Train, with the other processes if torch's launcher has started any beside this one."""
    from hydro.cli.result import show, showing_failures
    from hydro.cli.terminal import TerminalProgress
    from hydro.experiment import prepare, run
    from hydro.training.distributed import joined

    with joined() as processes:
        if processes.rank:
            take_part(processes)
            return
        settings = request.loaded.settings
        experiment = prepare(settings, request.problem, request.catalog, processes)
        failures = showing_failures(experiment.settings, as_json=as_json)
        with failures, TerminalProgress() as progress:
            outcome = run(experiment, output, progress)
        show(outcome, as_json=as_json)

"""``hydro resume``: go on with an experiment of several runs that was interrupted."""

from pathlib import Path

import click

from hydro.cli.options import json_option


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@json_option
def resume(folder: Path, as_json: bool) -> None:
    """Train the runs of the experiment in FOLDER that have not finished."""
    from hydro.cli.options import read_request
    from hydro.cli.result import show
    from hydro.cli.terminal import TerminalProgress, stop_on_sigterm
    from hydro.experiment import prepare
    from hydro.experiment import resume as resume_experiment
    from hydro.folder import RunFolder

    stop_on_sigterm()
    request = read_request(RunFolder(folder).config, None, ())
    experiment = prepare(request.loaded.settings, request.problem, request.catalog)
    with TerminalProgress():
        outcome = resume_experiment(experiment, folder)
    show(outcome, as_json=as_json)

"""``hydro resume``: go on with an experiment of several runs, or help a process that is at it."""

from pathlib import Path

import click

from hydro.cli.options import json_option


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@json_option
def resume(folder: Path, as_json: bool) -> None:
    """Train the runs of the experiment in FOLDER that have not finished.

    While another process is at work there, this one shares what is left to do.
    """
    from hydro.cli.options import read_request
    from hydro.cli.result import show, showing_failures
    from hydro.cli.terminal import TerminalProgress, stop_on_sigterm
    from hydro.experiment import prepare
    from hydro.experiment import resume as resume_experiment
    from hydro.folder import RunFolder

    stop_on_sigterm()
    request = read_request(RunFolder(folder).config, None, ())
    experiment = prepare(request.loaded.settings, request.problem, request.catalog)
    failures = showing_failures(experiment.settings, as_json=as_json)
    with failures, TerminalProgress() as progress:
        outcome = resume_experiment(experiment, folder, progress)
    show(outcome, as_json=as_json)

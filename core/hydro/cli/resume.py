"""``hydro resume``: resume an interrupted experiment, or share the runs of a search."""

from pathlib import Path

import click

from hydro.artifacts.experiments import find_experiment
from hydro.cli.options import experiment_argument, json_option, output_option, read_request


@click.command()
@experiment_argument
@output_option
@json_option
def resume(experiment: str, output: Path, as_json: bool) -> None:
    """Resume EXPERIMENT, a folder or a name, from its last checkpoint.

    The result is the same as without the interruption. Of several runs, finished ones are kept;
    while another process is training them, this one takes over part of the remaining runs.
    """
    folder = find_experiment(experiment, output)
    request = read_request(folder.config, None, ())

    # Loads torch, for which help and wrong settings need not wait.
    from hydro.cli.training import train_or_resume

    train_or_resume(request, request.loaded.settings, output, folder.path, as_json=as_json)

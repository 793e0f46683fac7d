"""``hydro resume``: go on with an experiment that was interrupted, or help a search along."""

from pathlib import Path

import click

from hydro.cli.options import experiment_argument, json_option, output_option


@click.command(short_help="Go on with an interrupted experiment.")
@experiment_argument
@output_option
@json_option
def resume(experiment: str, output: Path, as_json: bool) -> None:
    """Resume EXPERIMENT, a folder or a name, where it was interrupted.

    A run goes on from its last checkpoint, and ends as if it had never been interrupted. Of
    several runs, those that have finished stay as they are; while another process is at work on
    them, this one shares what is left to do.
    """
    from hydro.artifacts.experiments import find_experiment
    from hydro.cli.options import read_request
    from hydro.cli.run import train_alone_or_together

    folder = find_experiment(experiment, output)
    request = read_request(folder.config, None, ())
    settings = request.loaded.settings
    train_alone_or_together(request, settings, output, folder.path, as_json=as_json)

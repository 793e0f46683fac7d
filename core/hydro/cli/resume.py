"""``hydro resume``: resume an interrupted experiment, or share the runs of a search."""

from pathlib import Path

import click

from hydro.artifacts.experiments import find_experiment
from hydro.cli.options import (
    experiment_argument,
    json_option,
    output_option,
    read_request,
    set_option,
)
from hydro.errors import SettingsError


@click.command()
@experiment_argument
@set_option
@output_option
@json_option
def resume(experiment: str, overrides: tuple[str, ...], output: Path, as_json: bool) -> None:
    """Resume EXPERIMENT, a folder or a name, from its last checkpoint.

    The result is the same as without the interruption. Of several runs, finished ones are kept;
    while another process is training them, this one takes over part of the remaining runs.

    The experiment may have been moved. A table that was moved as well is named by
    --set dataset.train_dataframe=FILE; its rows have to be the same.
    """
    folder = find_experiment(experiment, output)
    try:
        request = read_request(folder.config, None, overrides)
    except SettingsError as error:
        if "no such file" not in str(error):
            raise
        msg = f"{error}\nA table that was moved is named by --set dataset.train_dataframe=FILE"
        raise SettingsError(msg) from None

    # Loads torch, for which help and wrong settings need not wait.
    from hydro.cli.training import check_overrides, train_or_resume

    check_overrides(request, folder.config)
    train_or_resume(request, request.loaded.settings, output, folder.path, as_json=as_json)

"""``hydro work``: train one run of a larger experiment; the experiment's own process calls it."""

from pathlib import Path

import click


@click.command(hidden=True)
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def work(folder: Path) -> None:
    """Train the run that FOLDER has the settings of."""
    from hydro.cli.options import read_request
    from hydro.cli.terminal import TerminalProgress, stop_on_sigterm
    from hydro.errors import HydroError
    from hydro.experiment import prepare, train
    from hydro.folder import RunFolder
    from hydro.status import Status

    stop_on_sigterm()
    run = RunFolder(folder)
    try:
        request = read_request(run.config, None, ())
        experiment = prepare(request.loaded.settings, request.problem, request.catalog)
    except HydroError as error:
        run.write_status(Status("failed", error.reason, f"{type(error).__name__}: {error}"))
        raise
    with TerminalProgress() as progress:
        train(experiment, run, progress)

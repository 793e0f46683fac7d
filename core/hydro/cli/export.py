"""``hydro export``: export a trained model for other programs."""

from pathlib import Path

import click

from hydro.artifacts.experiments import find_experiment
from hydro.cli.options import experiment_argument, installed_catalog, json_option
from hydro.cli.output import echo, echo_json
from hydro.cli.terminal import TerminalProgress
from hydro.inference.finished_run import finished_run
from hydro.paths import default_output
from hydro.training.signals import StopSignal


@click.command()
@experiment_argument
@click.option(
    "--to",
    "formats",
    metavar="FORMAT",
    multiple=True,
    required=True,
    help="Format: an exporter that `hydro plugins` lists, or all. Can be repeated.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Output folder; each format gets a folder in it.  [default: exports/ of the run]",
)
@json_option
def export(experiment: str, formats: tuple[str, ...], output: Path | None, as_json: bool) -> None:
    """Export the trained model of EXPERIMENT for other programs.

    EXPERIMENT is its folder, or its name below `runs` ($HYDRO_OUTPUT). Of several runs the best is
    used, unless one is named as in NAME/runs/003.
    """
    registry = installed_catalog()

    # Loads torch, for which help and wrong usage need not wait.
    from hydro.inference.export import export as write
    from hydro.inference.export import pick_exporters

    StopSignal.on_signals()
    with TerminalProgress():
        run, builder = finished_run(find_experiment(experiment, default_output()), registry)
        exporters = pick_exporters(builder, formats)
        written = {each.name: str(write(each, builder, run, output)) for each in exporters}
    if as_json:
        echo_json({"run": str(run.path), "exports": written})
        return
    width = max(map(len, written))
    for name, path in written.items():
        echo(f"{name:{width}}  {path}")

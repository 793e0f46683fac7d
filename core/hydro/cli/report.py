"""``hydro report``: write the report of an experiment again."""

from pathlib import Path

import click

from hydro.artifacts.experiments import find_experiment
from hydro.cli.options import experiment_argument, installed_catalog, output_option
from hydro.cli.output import echo
from hydro.errors import SettingsError
from hydro.report.write import write_report
from hydro.settings.sections import Settings
from hydro.settings.yaml_reader import read_yaml


@click.command()
@experiment_argument
@output_option
def report(experiment: str, output: Path) -> None:
    """Write report.html for EXPERIMENT, and print where it is.

    EXPERIMENT is a folder, or a name in the output folder. The report is made from the files of
    the experiment, without training. If it has several runs, each gets a report too.
    """
    folder = find_experiment(experiment, output)
    model = schema_of(folder.config)
    for run in folder.runs:
        write_report(run, model)
    echo(write_report(folder, model))


def schema_of(config: Path) -> type[Settings] | None:
    """Return the schema of stored settings; None if the problem type is not installed."""
    registry = installed_catalog()
    name = str(read_yaml(config).values.get("problem_type"))
    try:
        return registry.schema(registry.problem(name))
    except SettingsError as error:
        echo(f"note: {error}. No setting is compared with its default", err=True)
        return None

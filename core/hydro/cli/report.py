"""``hydro report``: write the report of an experiment again."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hydro.cli.options import experiment_argument, output_option

if TYPE_CHECKING:
    from hydro.settings.sections import Settings


@click.command(short_help="Write the report of an experiment again.")
@experiment_argument
@output_option
def report(experiment: str, output: Path) -> None:
    """Write report.html for EXPERIMENT, and print where it is.

    EXPERIMENT is a folder, or a name in the output folder. Nothing is trained: the page is made
    from the files that are there. The runs of an experiment get theirs as well.
    """
    from hydro.artifacts.experiments import find_experiment

    folder = find_experiment(experiment, output)

    from hydro.report.write import write_report

    model = schema_of(folder.config)
    for run in folder.runs:
        write_report(run, model)
    click.echo(write_report(folder, model))


def schema_of(config: Path) -> "type[Settings] | None":
    """Return the schema that the settings are of; none where its problem type is not installed."""
    from hydro.cli.options import installed_catalog
    from hydro.errors import SettingsError
    from hydro.settings.yaml_reader import read_yaml

    registry = installed_catalog()
    name = str(read_yaml(config).values.get("problem_type"))
    try:
        return registry.schema(registry.problem(name))
    except SettingsError as error:
        click.echo(f"note: {error}. No setting is compared with its default", err=True)
        return None

"""``hydro report``: write the report of an experiment anew."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hydro.settings.sections import Settings


@click.command()
@click.argument("experiment")
def report(experiment: str) -> None:
    """Write report.html for EXPERIMENT, and print where it is.

    EXPERIMENT is a folder, or a name below $HYDRO_OUTPUT, else below runs. Nothing is trained: the
    page is made from the files that are there. Runs of an experiment get theirs as well.
    """
    path = find(experiment)

    from hydro.folder import RunFolder
    from hydro.report.write import write_report

    folder = RunFolder(path)
    model = schema_of(path / "config.yaml")
    for name in folder.run_names():
        write_report(folder.run(name), model)
    click.echo(write_report(folder, model))


def find(experiment: str) -> Path:
    """Find the folder of an experiment by its path or its name.

    Raises:
        SettingsError: there is none.
    """
    from hydro.errors import SettingsError

    places = [Path(experiment), Path(os.environ.get("HYDRO_OUTPUT", "runs")) / experiment]
    for each in places:
        if (each / "config.yaml").is_file():
            return each
    tried = " and ".join(str(each) for each in dict.fromkeys(places))
    msg = f"no experiment in {tried}: neither has a config.yaml. Give the folder of one"
    raise SettingsError(msg)


def schema_of(config: Path) -> "type[Settings] | None":
    """Give the schema that the settings are of; none where its problem type is not installed."""
    from hydro.cli.options import installed_catalog
    from hydro.errors import SettingsError
    from hydro.settings.yaml_text import read_yaml

    catalog = installed_catalog()
    try:
        return catalog.schema(catalog.problem(str(read_yaml(config).values.get("problem_type"))))
    except SettingsError as error:
        click.echo(f"note: {error}. No setting is compared with its default", err=True)
        return None

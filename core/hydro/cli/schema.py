"""``hydro schema``: the settings that there are."""

import click

from hydro.cli.options import installed_catalog
from hydro.settings.fields import LEVELS, Level


@click.command(short_help="Print the settings of a problem type.")
@click.argument("problem", required=False)
@click.option(
    "--level",
    type=click.Choice(LEVELS),
    help="Show what somebody of this experience needs. JSON has everything unless this is given.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "yaml", "json"]),
    default="table",
    show_default=True,
    help="A table to read, a YAML file to start from, or a JSON Schema for editors.",
)
def schema(problem: str | None, level: Level | None, form: str) -> None:
    """Print the settings of a problem type, plugins' own included."""
    from hydro.errors import SettingsError
    from hydro.settings.export import json_schema, table, template

    registry = installed_catalog()
    names = [each.name for each in registry.problems]
    if problem is None and len(names) != 1:
        msg = f"hydro schema PROBLEM: name one of: {', '.join(names) or 'none is installed'}"
        raise SettingsError(msg)
    model = registry.schema(registry.problem(problem or names[0]))
    if form == "json":
        click.echo(json_schema(model, level or "master"), nl=False)
    elif form == "yaml":
        click.echo(template(model, level or "master"), nl=False)
    else:
        table(model, level or "master")

"""``hydro schema``: print the settings of a problem type."""

import click

from hydro.cli.console import plain_console
from hydro.cli.options import installed_catalog
from hydro.cli.output import echo
from hydro.errors import SettingsError
from hydro.settings.export import json_schema, table, template
from hydro.settings.fields import LEVELS, Level


@click.command()
@click.argument("problem", required=False)
@click.option(
    "--level",
    type=click.Choice(LEVELS),
    help="Show the settings up to this level. Default: all.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "yaml", "json"]),
    default="table",
    show_default=True,
    help="Table, YAML template, or JSON Schema for editors.",
)
def schema(problem: str | None, level: Level | None, form: str) -> None:
    """Print the settings of PROBLEM, those of plugins included."""
    registry = installed_catalog()
    names = [each.name for each in registry.problems]
    if problem is None and len(names) != 1:
        msg = f"hydro schema PROBLEM: available: {', '.join(names) or 'none'}"
        raise SettingsError(msg)
    problem = problem or names[0]
    model = registry.schema(registry.problem(problem))
    if form == "json":
        echo(json_schema(model, level or "master"), nl=False)
    elif form == "yaml":
        echo(template(model, level or "master", problem), nl=False)
    else:
        plain_console().print(table(model, level or "master"))

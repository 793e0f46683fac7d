"""``hydro problems``: list the problem types."""

import json

import click

from hydro.cli.options import installed_catalog, json_option


@click.command()
@json_option
def problems(as_json: bool) -> None:
    """List the problem types of the installed plugins."""
    found = installed_catalog().problems
    if as_json:
        click.echo(json.dumps([{"name": each.name, "title": each.title} for each in found]))
        return
    width = max((len(each.name) for each in found), default=0)
    for each in found:
        click.echo(f"{each.name:{width}}  {each.title}")

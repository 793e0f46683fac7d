"""``hydro problems``: list the problem types."""

import click

from hydro.cli.options import installed_catalog, json_option
from hydro.cli.output import echo, echo_json


@click.command()
@json_option
def problems(as_json: bool) -> None:
    """List the problem types of the installed plugins."""
    found = installed_catalog().problems
    if as_json:
        echo_json([{"name": each.name, "title": each.title} for each in found])
        return
    width = max((len(each.name) for each in found), default=0)
    for each in found:
        echo(f"{each.name:{width}}  {each.title}")

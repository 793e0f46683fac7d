"""``hydro plugins``: list the installed plugins, their components, and why any failed to load."""

import click

from hydro.cli.options import json_option
from hydro.cli.output import echo, echo_json
from hydro.plugins.loading import Plugin, kind_of, load_plugins


@click.command()
@json_option
def plugins(as_json: bool) -> None:
    """List the installed plugins with their components, and why any failed to load."""
    found = load_plugins()
    if as_json:
        echo_json([_facts(each) for each in found])
        return
    for each in found:
        echo(f"{each.name}  ({each.distribution}, {each.module})")
        for kind, names in _brings(each).items():
            echo(f"  {kind}: {', '.join(names)}")
        if each.failure:
            echo(f"  FAILED: {each.failure}")


def _facts(plugin: Plugin) -> dict[str, object]:
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "module": plugin.module,
        "brings": _brings(plugin),
        "failure": plugin.failure or None,
    }


def _brings(plugin: Plugin) -> dict[str, list[str]]:
    brings: dict[str, list[str]] = {}
    for record in plugin.records:
        brings.setdefault(kind_of(record), []).append(record.name)
    return brings

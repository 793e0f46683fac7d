"""``hydro plugins``: what is installed, what each plugin brings, and which failed and why."""

import json
from typing import TYPE_CHECKING

import click

from hydro.cli.options import json_option

if TYPE_CHECKING:
    from hydro.plugins.loading import Plugin


@click.command(short_help="List the plugins, and what does not load.")
@json_option
def plugins(as_json: bool) -> None:
    """List the installed plugins with what they bring, and those that do not load."""
    from hydro.plugins.loading import load_plugins

    found = load_plugins()
    if as_json:
        click.echo(json.dumps([_facts(each) for each in found]))
        return
    for each in found:
        click.echo(f"{each.name}  ({each.distribution}, {each.module})")
        for kind, names in _brings(each).items():
            click.echo(f"  {kind}: {', '.join(names)}")
        if each.failure:
            click.echo(f"  FAILED: {each.failure}")


def _facts(plugin: "Plugin") -> dict[str, object]:
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "module": plugin.module,
        "brings": _brings(plugin),
        "failure": plugin.failure or None,
    }


def _brings(plugin: "Plugin") -> dict[str, list[str]]:
    from hydro.plugins.loading import kind_of

    brings: dict[str, list[str]] = {}
    for record in plugin.records:
        brings.setdefault(kind_of(record), []).append(record.name)
    return brings

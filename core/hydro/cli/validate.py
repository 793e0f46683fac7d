"""``hydro validate``: check settings and data; train nothing."""

import json
from pathlib import Path

import click

from hydro.cli.options import (
    Request,
    config_argument,
    json_option,
    problem_option,
    read_request,
    set_option,
)


@click.command()
@config_argument
@problem_option
@set_option
@json_option
def validate(config: Path, problem: str | None, overrides: tuple[str, ...], as_json: bool) -> None:
    """Check the settings and the data of CFG.YML; nothing is trained or written."""
    request = read_request(config, problem, overrides)
    facts, notes = inspect(request)
    for note in notes:
        click.echo(f"warning: {note}", err=True)
    if as_json:
        click.echo(json.dumps({**facts, "warnings": notes}))
        return
    given = len(request.loaded.given)
    click.echo(f"settings  ok  {given} given, the others have their defaults")
    click.echo(f"data      ok  {spoken(facts)}")
    click.echo(f"ready         hydro run --problem {request.problem.name} {config}")


def inspect(request: Request) -> tuple[dict[str, int | str], list[str]]:
    """Read the tables and count what is in them."""
    from hydro.experiment import prepare

    experiment = prepare(request.loaded.settings, request.problem, request.catalog)
    return experiment.facts(), list(experiment.frames.notes)


def spoken(facts: dict[str, int | str]) -> str:
    """Say the counts in one line, without those of nothing."""
    counts = [
        f"{value:,} {name.replace('_', ' ')}"
        for name, value in facts.items()
        if isinstance(value, int) and value
    ]
    return ", ".join([*counts, f"fold {facts['fold']} held out"])

"""``hydro validate``: check settings and data, and estimate time and memory."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hydro.cli.options import (
    Request,
    config_argument,
    json_option,
    problem_option,
    read_request,
    set_option,
)
from hydro.cli.output import echo, echo_json

if TYPE_CHECKING:
    from hydro.experiment.estimate import Estimate


@click.command()
@config_argument
@problem_option
@set_option
@json_option
def validate(config: Path, problem: str | None, overrides: tuple[str, ...], as_json: bool) -> None:
    """Check the settings and the data of CFG.YML, and estimate the time and memory of a run.

    The estimate trains a model for a few steps; nothing is written.
    """
    request = read_request(config, problem, overrides)
    facts, notes, cost = inspect(request)
    for note in notes:
        echo(f"warning: {note}", err=True)
    if as_json:
        echo_json({**facts, "estimate": cost.facts(), "warnings": notes})
        return
    given = len(request.loaded.given)
    echo(f"settings  ok  {given} given, the others have their defaults")
    echo(f"data      ok  {describe_facts(facts)}")
    echo(f"estimate      {cost}")
    command = shlex.join(["hydro", "run", "--problem", request.problem.name, str(config)])
    echo(f"ready         {command}")


def inspect(request: Request) -> "tuple[dict[str, int | str], list[str], Estimate]":
    """Read the tables, count rows, and estimate what a run takes."""
    # Loads torch, for which help and wrong settings need not wait.
    from hydro.experiment.estimate import estimate
    from hydro.experiment.experiment import prepare

    loaded = request.loaded
    experiment = prepare(loaded.settings, request.problem, request.registry, given=loaded.given)
    return experiment.facts(), list(experiment.warnings), estimate(experiment)


def describe_facts(facts: dict[str, int | str]) -> str:
    """Describe the counts in one line, without those of nothing."""
    counts = [
        f"{value:,} {name.replace('_', ' ')}"
        for name, value in facts.items()
        if isinstance(value, int) and value
    ]
    return ", ".join([*counts, f"fold {facts['fold']} held out"])

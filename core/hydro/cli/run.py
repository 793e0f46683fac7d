"""``hydro run``: train an experiment."""

from pathlib import Path

import click

from hydro.cli.options import (
    config_argument,
    json_option,
    output_option,
    problem_option,
    read_request,
    set_option,
)


@click.command()
@config_argument
@problem_option
@set_option
@output_option
@click.option(
    "--resume",
    is_flag=True,
    help="Resume the latest interrupted experiment of this name, if there is one.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Check everything, estimate time and memory, print the settings; write nothing.",
)
@json_option
def run(
    config: Path,
    problem: str | None,
    overrides: tuple[str, ...],
    output: Path,
    resume: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Train the experiment of CFG.YML, and compare the model before and after training."""
    request = read_request(config, problem, overrides)

    # Loads torch, for which help and wrong settings need not wait.
    from hydro.cli.training import dry_run as estimate
    from hydro.cli.training import find_to_resume, train_or_resume

    settings = request.loaded.settings
    interrupted, settings = find_to_resume(request, output) if resume else (None, settings)
    if dry_run:
        estimate(request, settings, as_json=as_json)
    else:
        train_or_resume(request, settings, output, interrupted, as_json=as_json)

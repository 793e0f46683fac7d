"""``hydro experiments``: list, show, compare and delete experiments."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table

from hydro.artifacts import experiments as stored
from hydro.artifacts.experiments import Summary, best_runs, find_experiment, summarize
from hydro.artifacts.files import JsonObject
from hydro.artifacts.results import read_scores
from hydro.artifacts.run_folder import RunFolder
from hydro.cli.console import plain_console
from hydro.cli.options import experiment_argument, installed_catalog, json_option, output_option
from hydro.cli.output import confirm, echo, echo_json
from hydro.cli.result import show_scores
from hydro.errors import HydroError
from hydro.evaluation.comparison import Comparison, compare_experiments
from hydro.inference.finished_run import stored_builder
from hydro.paths import default_output
from hydro.plugins.components import Metric
from hydro.settings.schema import Schema


@click.group(invoke_without_command=True)
@click.pass_context
def experiments(context: click.Context) -> None:
    """List, show, compare and delete experiments; without a command, list them."""
    if context.invoked_subcommand is None:
        context.invoke(list_experiments, output=default_output(), as_json=False)


@experiments.command("list")
@output_option
@json_option
def list_experiments(output: Path, as_json: bool) -> None:
    """List the experiments with their state and scores, newest first."""
    found = []
    for each in stored.list_experiments(output):
        try:
            found.append(summarize(each))
        except (HydroError, ValueError, KeyError, OSError) as error:
            # One damaged folder does not hide the others.
            echo(f"warning: {each.path} cannot be read: {error}", err=True)
    if as_json:
        echo_json([asdict(each) for each in found])
        return
    if not found:
        echo(f"no experiment in {output}", err=True)
        return
    console = plain_console()
    console.print(_listing(found))


@experiments.command()
@experiment_argument
@output_option
@json_option
def show(experiment: str, output: Path, as_json: bool) -> None:
    """Show the state, scores and runs of EXPERIMENT, and how to use its model."""
    folder = find_experiment(experiment, output)
    summary = summarize(folder)
    runs = [summarize(each) for each in folder.runs]
    leading = best_runs(folder)
    scores = {} if runs or not leading else read_scores(folder)
    seed = stored.settings_of(folder).get("environment.seed")
    if as_json:
        facts: JsonObject = {"runs": [asdict(each) for each in runs], "scores": scores}
        facts["seed"] = None if seed is None else int(seed)
        echo_json({**asdict(summary), "folder": str(folder.path), **facts})
        return
    console = plain_console()
    seconds = "" if summary.seconds is None else f"  {summary.seconds:.0f} s"
    why = f" ({summary.message})" if summary.message else ""
    state = f"{summary.state}{why}  {_minute(summary.time)} UTC{seconds}"
    console.print(f"{summary.name}  {summary.problem}  {state}", soft_wrap=True)
    if runs:
        console.print(_listing(runs))
        names = ", ".join(each.name for each in leading)
        console.print(f"best combination: {names or 'no run has finished'}")
        for mark, why in summary.marks.items():
            console.print(f"  {mark}: {why}")
    show_scores(console, scores)
    console.print(f"\nfolder  {folder.path}", soft_wrap=True)
    if seed is not None:
        console.print(f"seed    {seed}")
    if leading:
        console.print(f"use it  {_advice(folder)}", soft_wrap=True)


@experiments.command()
@click.argument("first")
@click.argument("second")
@output_option
@json_option
def compare(first: str, second: str, output: Path, as_json: bool) -> None:
    """Compare the settings and the scores of two experiments, on rows that both held out.

    One of several runs is named as in NAME/runs/003.
    """
    folders = find_experiment(first, output), find_experiment(second, output)
    builder = stored_builder(folders[0], installed_catalog())
    directions = {
        each.name: each.higher_is_better
        for each in builder.components("metric")
        if isinstance(each, Metric)
    }
    schema = Schema.of(type(builder.settings))
    found = compare_experiments(*folders, builder.build_metrics(), directions, schema)
    for note in found.warnings:
        echo(f"note: {note}", err=True)
    if as_json:
        echo_json(asdict(found))
        return
    console = plain_console()
    console.print(_differences(found, folders))
    console.print(_changes(found, folders))


@experiments.command()
@experiment_argument
@output_option
@click.option("--yes", is_flag=True, help="Skip confirmation.")
def delete(experiment: str, output: Path, yes: bool) -> None:
    """Delete EXPERIMENT with its model and predictions permanently."""
    folder = find_experiment(experiment, output)
    if not yes and not sys.stdin.isatty():
        msg = "not interactive. Add --yes to skip confirmation"
        raise click.UsageError(msg)
    if not yes:
        confirm(f"Delete {folder.path} and all that hydro wrote in it?")
    left = stored.delete(folder, output)
    echo(f"deleted {folder.path}", err=True)
    for path in left:
        echo(f"warning: {path} stays, because hydro did not write it", err=True)


def _listing(found: Sequence[Summary]) -> Table:

    table = Table("name", "state", "problem", "metric", box=None, pad_edge=False)
    for heading in ("before", "after", "seconds"):
        table.add_column(heading, justify="right")
    table.add_column("time (UTC)", no_wrap=True)
    has_notes = any(each.marks for each in found)
    if has_notes:
        table.add_column("note")
    for each in found:
        runs = f" ({each.runs} runs)" if each.runs > 1 else ""
        scores = ["" if each is None else f"{each:.4f}" for each in (each.before, each.after)]
        seconds = "" if each.seconds is None else f"{each.seconds:.0f}"
        row = (f"{each.name}{runs}", each.state, each.problem, each.metric, *scores, seconds)
        notes = (", ".join(each.marks),) if has_notes else ()
        table.add_row(*row, _minute(each.time), *notes)
    return table


def _minute(time: str) -> str:
    return time[:16].replace("T", " ")


def _advice(folder: RunFolder) -> str:
    path = shlex.quote(str(folder.path))
    return f'hydro search {path} "a text"  ·  hydro predict {path} rows.csv'


def _differences(found: Comparison, folders: tuple[RunFolder, RunFolder]) -> Table | str:

    if not found.settings:
        return "the settings are the same"
    table = Table("setting", *[each.name for each in folders])
    for name, values in found.settings.items():
        table.add_row(name, *("" if each is None else each for each in values))
    return table


def _changes(found: Comparison, folders: tuple[RunFolder, RunFolder]) -> Table:

    table = Table("metric", title=f"{found.rows:,} rows that both held out", title_justify="left")
    for heading in (folders[0].name, folders[1].name, "change"):
        table.add_column(heading, justify="right")
    table.add_column("95 % interval", no_wrap=True)
    table.add_column(f"{folders[1].name} is")
    for each in found.changes:
        bounds = "none" if each.interval is None else "{:+.4f} to {:+.4f}".format(*each.interval)
        change = f"{each.second - each.first:+.4f}"
        values = (f"{each.first:.4f}", f"{each.second:.4f}", change, bounds)
        table.add_row(each.metric, *values, each.verdict)
    return table

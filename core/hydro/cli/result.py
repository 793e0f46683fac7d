"""Prints the outcome of an experiment."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from hydro.artifacts.files import JsonObject
from hydro.cli.console import plain_console
from hydro.cli.output import echo_json
from hydro.evaluation.subsets import describe_interval, leaderboard_marks, marks, scored_apart
from hydro.settings.sections import Settings
from hydro.tuning.leaderboard import LeaderboardEntry

if TYPE_CHECKING:
    from hydro.experiment.train import Outcome


def show(outcome: "Outcome", *, as_json: bool) -> None:
    """Print the scores before and after of every split, or the leaderboard, and the folder."""
    if as_json:
        rows = [place.row() for place in outcome.leaderboard]
        told = {"folder": str(outcome.folder), "scores": outcome.scores, "leaderboard": rows}
        echo_json(told)
        return
    console = plain_console()
    if outcome.leaderboard:
        console.print(_print_leaderboard(outcome.leaderboard, outcome.settings.prediction.metric))
        trained_on = outcome.settings.training.train_validation_data
        for mark in leaderboard_marks(len(outcome.leaderboard), trained_on=trained_on):
            console.print(mark, soft_wrap=True)
        console.print(f"\nreport  {outcome.folder / 'report.html'}", soft_wrap=True)
        console.print(f"folder  {outcome.folder}", soft_wrap=True)
        return
    show_scores(console, outcome.scores)
    console.print(f"\nmodel   {outcome.folder / 'model'}", soft_wrap=True)
    console.print(f"report  {outcome.folder / 'report.html'}", soft_wrap=True)
    console.print(f"folder  {outcome.folder}", soft_wrap=True)


@contextmanager
def showing_failures(settings: Settings, *, as_json: bool) -> Iterator[None]:
    """Print the leaderboard too when some runs of a search have failed."""
    from hydro.experiment.train import Outcome
    from hydro.tuning.tuning import RunsFailed

    try:
        yield
    except RunsFailed as failure:
        show(Outcome(failure.folder, settings, {}, failure.entries), as_json=as_json)
        raise


def show_scores(console: Console, scores: JsonObject) -> None:
    """Print the scores of every split, before and after training."""
    for split, comparison in scores.items():
        console.print(_table(split, comparison))
        console.print(_sentence(split, comparison), soft_wrap=True)


def _table(split: str, comparison: JsonObject) -> Table:
    table = Table("metric", title=f"{split}, {comparison['rows']:,} rows", title_justify="left")
    for heading in ("before", "after", "change"):
        table.add_column(heading, justify="right")
    for name, each in comparison["metrics"].items():
        change = each["after"] - each["before"]
        style = "bold" if name == comparison["metric"] else ""
        table.add_row(
            name, f"{each['before']:.4f}", f"{each['after']:.4f}", f"{change:+.4f}", style=style
        )
    return table


def _print_leaderboard(places: Sequence[LeaderboardEntry], metric: str) -> Table:
    title = f"{len(places)} combination{'s' if len(places) > 1 else ''}, the best first"
    table = Table(title=title, title_justify="left")
    names = [*dict.fromkeys(name for place in places for name, _ in place.values)]
    for name in names:
        table.add_column(name.rpartition(".")[2])
    for heading in (metric, "spread", "folds", "seconds"):
        table.add_column(heading, justify="right")
    for place in places:
        spread = "" if place.spread is None else f"±{place.spread:.4f}"
        score = place.state if place.mean is None else f"{place.mean:.4f}"
        # A setting that does not apply in a combination has no value there.
        values = [str(dict(place.values).get(name, "")) for name in names]
        table.add_row(*values, score, spread, str(len(place.runs)), f"{place.seconds:.0f}")
    return table


def _sentence(split: str, comparison: JsonObject) -> str:
    said = [
        f"{comparison['metric']} {comparison['change']:+.4f}: {comparison['verdict']} "
        f"({describe_interval(comparison)})"
    ]
    for name, subset in scored_apart(comparison).items():
        change = f"{subset['before']:.4f} to {subset['after']:.4f}"
        said.append(f"  {name}, {subset['rows']:,} rows: {change}")
    if comparison["rows_left_out"]:
        reason = comparison["left_out_because"]
        said.append(f"  {comparison['rows_left_out']:,} rows left out: {reason}")
    if comparison.get("decision"):
        said.append(f"  {comparison['decision']['summary']}")
    if "start" in comparison:
        said.append(f"  with its random neck the model started at {comparison['start']:.4f}")
    said += [f"  {mark}" for mark in marks(comparison)]
    return "\n".join(said)

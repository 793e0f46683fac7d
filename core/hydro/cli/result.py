"""How the outcome of an experiment is printed for people."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from hydro.experiment import Outcome


def print_result(outcome: Outcome) -> None:
    """Print the scores before and after of every split, and where the files are."""
    console = Console(highlight=False)
    for split, comparison in outcome.scores.items():
        console.print(_table(split, comparison))
        console.print(_sentence(split, comparison), soft_wrap=True)
    console.print(f"\nmodel   {outcome.folder / 'model'}", soft_wrap=True)
    console.print(f"folder  {outcome.folder}", soft_wrap=True)


def _table(split: str, comparison: Mapping[str, Any]) -> Table:
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


def _sentence(split: str, comparison: Mapping[str, Any]) -> str:
    low, high = comparison["change_interval"]
    said = [
        f"{comparison['metric']} {comparison['change']:+.4f}: {comparison['verdict']} "
        f"(95 % interval {low:+.4f} to {high:+.4f}, paired over rows)"
    ]
    for name in ("seen", "unseen"):
        subset = comparison[f"{name}_classes"]
        if subset and comparison["unseen_classes"]:
            change = f"{subset['before']:.4f} to {subset['after']:.4f}"
            said.append(f"  {name} classes, {subset['rows']:,} rows: {change}")
    if comparison["rows_left_out"]:
        said.append(f"  {comparison['rows_left_out']:,} rows left out: no other row of their class")
    if comparison.get("overstated"):
        said.append(f"  overstated: {comparison['overstated']}")
    return "\n".join(said)


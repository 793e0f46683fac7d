"""``hydro cache``: list or clear cached tokens."""

import json

import click

from hydro.artifacts.cache import CacheEntry, clear, default_cache, list_entries
from hydro.cli.options import json_option


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def cache(context: click.Context, as_json: bool) -> None:
    """List the tokenized texts that later experiments reuse; `hydro cache clear` deletes them."""
    if context.invoked_subcommand:
        return
    folder, entries = default_cache(), list_entries(default_cache())
    if as_json:
        click.echo(
            json.dumps({"folder": str(folder), "entries": [_facts(each) for each in entries]})
        )
        return
    for each in entries:
        state = f"used {_ago(each.days)}" if each.complete else f"unfinished, {_ago(each.days)}"
        click.echo(f"{each.path.name[:12]:12}  {_size(each.size):>9}  {state}")
    click.echo(f"{_total(entries)} in {folder}")


@cache.command("clear")
@click.option(
    "--older-than",
    metavar="DAYS",
    type=click.FloatRange(min=0),
    default=0,
    help="Only entries not used for this many days.",
)
def clear_command(older_than: float) -> None:
    """Delete cached tokens; they are computed again when needed."""
    removed = clear(default_cache(), older_than=older_than)
    click.echo(f"removed {_total(removed)}")


def _facts(entry: CacheEntry) -> dict[str, object]:
    return {
        "path": str(entry.path),
        "bytes": entry.size,
        "days": round(entry.days, 3),
        "whole": entry.complete,
    }


def _total(entries: list[CacheEntry]) -> str:
    count = "1 entry" if len(entries) == 1 else f"{len(entries)} entries"
    return f"{count}, {_size(sum(each.size for each in entries))}"


def _size(size: float) -> str:
    """Describe a number of bytes in the unit that people would."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _ago(days: float) -> str:
    if days >= 2:
        return f"{days:.0f} days ago"
    hours = days * 24
    return f"{hours:.0f} hours ago" if hours >= 2 else f"{hours * 60:.0f} minutes ago"

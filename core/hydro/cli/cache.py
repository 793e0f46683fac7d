"""``hydro cache``: list or clear cached tokens."""

import click

from hydro.artifacts.cache import CacheEntry, clear, default_cache, list_entries
from hydro.cli.options import json_option
from hydro.cli.output import echo, echo_json
from hydro.formatting import format_bytes, format_duration


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def cache(context: click.Context, as_json: bool) -> None:
    """List the tokenized texts that later experiments reuse; `hydro cache clear` deletes them."""
    if context.invoked_subcommand:
        return
    folder, entries = default_cache(), list_entries(default_cache())
    if as_json:
        echo_json({"folder": str(folder), "entries": [_facts(each) for each in entries]})
        return
    for each in entries:
        ago = f"{format_duration(86400 * each.days)} ago"
        state = f"used {ago}" if each.complete else f"unfinished, {ago}"
        echo(f"{each.path.name[:12]:12}  {format_bytes(each.size):>9}  {state}")
    echo(f"{_total(entries)} in {folder}")


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
    echo(f"removed {_total(removed)}")


def _facts(entry: CacheEntry) -> dict[str, object]:
    return {
        "path": str(entry.path),
        "bytes": entry.size,
        "days": round(entry.days, 3),
        "whole": entry.complete,
    }


def _total(entries: list[CacheEntry]) -> str:
    count = "1 entry" if len(entries) == 1 else f"{len(entries)} entries"
    return f"{count}, {format_bytes(sum(each.size for each in entries))}"

"""The folder for what can be computed again: where it is, what is in it, and how it is cleared."""

import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hydro.artifacts.deletion import delete_folder, is_locked

DAY = 24 * 60 * 60

COMPLETE = re.compile(r"[0-9a-f]{64}")
"""The name of a complete entry, a checksum."""

INCOMPLETE = re.compile(r"tmp[a-z0-9_]{8}|\.[0-9a-f]{64}\.[0-9a-f]{8}\.(partial|deleted)")
"""The name of an entry that is being written."""

FILES = ("ids.npy", "offsets.npy", "facts.txt", "table.arrow")
"""Files of an entry."""


@dataclass(frozen=True)
class CacheEntry:
    """One thing that is kept: a folder of its own."""

    path: Path
    size: int
    """In bytes, all files together."""
    last_used: float
    """When it was last used, in seconds since 1970."""
    complete: bool
    """False while it is being written, and for ever if that was interrupted."""

    @property
    def days(self) -> float:
        """Days since it was last used."""
        return max(0.0, time.time() - self.last_used) / DAY


def default_cache() -> Path:
    """Return the folder for what can be computed again: $HYDRO_CACHE, else the user's cache."""
    if own := os.environ.get("HYDRO_CACHE"):
        return Path(own)
    if users := os.environ.get("XDG_CACHE_HOME"):
        return Path(users) / "hydro"
    return Path.home() / ".cache" / "hydro"


def tokens_folder(cache: Path) -> Path:
    """Return the folder in which each tokenized corpus has a folder."""
    return cache / "tokens"


def tables_folder(cache: Path) -> Path:
    """Return the folder in which tables lie while a process works on them."""
    return cache / "tables"


def mark_used(entry: Path) -> None:
    """Remember that an entry was used just now, where its folder can be written."""
    try:
        os.utime(entry)
    except OSError:
        return  # It is as good without.


def list_entries(cache: Path) -> list[CacheEntry]:
    """List what is kept, the one used last first."""
    folders = [each for each in (tokens_folder(cache), tables_folder(cache)) if each.is_dir()]
    found = [_entry(path) for folder in folders for path in folder.iterdir()]
    return sorted((each for each in found if each), key=lambda each: -each.last_used)


def clear(cache: Path, *, older_than: float = 0) -> list[CacheEntry]:
    """Remove what was not used for so many days; give what was removed.

    A process that has an entry open goes on with it. What another process may still be writing,
    that is what has changed within a day, stays.
    """
    removed = []
    for each in list_entries(cache):
        old = each.days >= (older_than if each.complete else max(1, older_than))
        if old and not is_locked(each.path):
            inside = [each.path / name for name in FILES]
            # One that is written lies in a folder of its own until it is complete.
            parts = [part for part in each.path.glob("*") if COMPLETE.fullmatch(part.name)]
            inside += [*parts, *(part / name for part in parts for name in FILES)]
            with suppress(OSError):
                delete_folder(each.path, [path for path in inside if path.exists()])
            if not each.path.exists():
                removed.append(each)
    return removed


def _entry(path: Path) -> CacheEntry | None:
    """Look at a folder; None if it is no entry, or if another process took it away meanwhile."""
    complete = bool(COMPLETE.fullmatch(path.name))
    if path.is_symlink() or not (complete or INCOMPLETE.fullmatch(path.name)):
        return None
    try:
        files = [each.stat() for each in path.rglob("*")]
        used = path.stat().st_mtime
    except OSError:
        return None
    return CacheEntry(path, sum(each.st_size for each in files), used, complete)

"""Tests of ``hydro cache``."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hydro.artifacts.cache import DAY, default_cache

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder() -> Path:
    """A cache of two entries and of what was left unfinished."""
    kept = {"a" * 64: (0.25, 1_500_000), "b" * 64: (40, 20), "tmp7_abcdef": (3, 2000)}
    for name, (days, size) in kept.items():
        entry = default_cache() / "tokens" / name
        entry.mkdir(parents=True)
        (entry / "ids.npy").write_bytes(bytes(size))
        used = time.time() - days * DAY
        os.utime(entry, (used, used))
    return default_cache()


def test_entries_are_listed_with_their_total(hydro: Cli, folder: Path) -> None:
    code, out, err = hydro("cache")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "aaaaaaaaaaaa    1.4 MiB  used 6 h ago",
        "tmp7_abcdef       2 KiB  unfinished, 3 d ago",
        "bbbbbbbbbbbb       20 B  used 40 d ago",
        f"3 entries, 1.4 MiB in {folder}",
    ]


def test_entries_are_listed_for_programs(hydro: Cli, folder: Path) -> None:
    told = json.loads(hydro("cache", "--json")[1])
    assert told["folder"] == str(folder)
    assert [(each["bytes"], each["whole"]) for each in told["entries"]] == [
        (1_500_000, True),
        (2000, False),
        (20, True),
    ]


def test_entries_are_removed_by_age_or_all(hydro: Cli, folder: Path) -> None:
    old = hydro("cache", "clear", "--older-than", "7")
    assert old == (0, "removed 1 entry, 20 B\n", "")
    assert hydro("cache", "clear")[1] == "removed 2 entries, 1.4 MiB\n"
    assert hydro("cache")[1] == f"0 entries, 0 B in {folder}\n"


def test_a_negative_age_is_wrong_usage(hydro: Cli) -> None:
    code, _, err = hydro("cache", "clear", "--older-than", "-1")
    assert code == 2
    assert "--older-than" in err

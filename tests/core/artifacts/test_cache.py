"""What is kept for later can be listed and cleared."""

import os
import time
from pathlib import Path

import pytest

from hydro.artifacts.cache import DAY, clear, default_cache, list_entries


def keep(cache: Path, name: str, *, days: float, size: int = 10) -> Path:
    """Keep so many bytes that were last used so many days ago."""
    entry = cache / "tokens" / name
    entry.mkdir(parents=True)
    (entry / "ids.npy").write_bytes(bytes(size))
    (entry / "facts.txt").write_bytes(b"1")
    used = time.time() - days * DAY
    os.utime(entry, (used, used))
    return entry


def names(cache: Path) -> set[str]:
    """Give the first letters of what is kept."""
    return {each.path.name[0] for each in list_entries(cache)}


def test_entries_are_listed_with_size_and_age_the_youngest_first(tmp_path: Path) -> None:
    keep(tmp_path, "a" * 64, days=3, size=1000)
    keep(tmp_path, "b" * 64, days=1, size=20)
    first, second = list_entries(tmp_path)
    assert (first.path.name[0], first.size, round(first.days, 2)) == ("b", 21, 1.0)
    assert (second.path.name[0], second.size, round(second.days, 2)) == ("a", 1001, 3.0)
    assert first.complete and second.complete


def test_a_cache_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert list_entries(tmp_path / "none") == clear(tmp_path / "none") == []


@pytest.mark.parametrize(("days", "left"), [(0, set()), (2, {"b"}), (5, {"a", "b"})])
def test_what_was_not_used_for_so_many_days_is_removed(
    days: float, left: set[str], tmp_path: Path
) -> None:
    keep(tmp_path, "a" * 64, days=3)
    keep(tmp_path, "b" * 64, days=1)
    removed = clear(tmp_path, older_than=days)
    assert names(tmp_path) == left
    assert {each.path.name[0] for each in removed} == {"a", "b"} - left


def test_what_is_being_written_stays_and_what_was_given_up_goes(tmp_path: Path) -> None:
    keep(tmp_path, "tmpnew_1234", days=0.5)
    old = keep(tmp_path, "tmpold_1234", days=1.5)
    assert [each.complete for each in list_entries(tmp_path)] == [False, False]
    assert [each.path for each in clear(tmp_path)] == [old]
    assert len(list_entries(tmp_path)) == 1


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDRO_CACHE", os.sep + "own")
    monkeypatch.setenv("XDG_CACHE_HOME", os.sep + "users")
    assert default_cache() == Path("/own")
    monkeypatch.delenv("HYDRO_CACHE")
    assert default_cache() == Path("/users/hydro")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_cache() == Path.home() / ".cache" / "hydro"

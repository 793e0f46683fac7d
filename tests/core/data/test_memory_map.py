"""Tables and numbers that are too big for memory are used as any other."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hydro.artifacts.cache import default_cache, tables_folder
from hydro.data import memory_map
from hydro.data.memory_map import blocks, collect, concat, empty_memmap, filter_rows, sample_rows
from hydro.errors import ResourceError

SCHEMA = pa.schema([("text", pa.large_string()), ("label", pa.large_string())])
ROWS = 50


def frame() -> pd.DataFrame:
    """Make a table with gaps in its index, and missing values."""
    texts = [None if row % 7 == 0 else f"text {row}" for row in range(ROWS)]
    table = pa.table({"text": texts, "label": [f"{row % 3}" for row in range(ROWS)]}, SCHEMA)
    made: pd.DataFrame = table.to_pandas()
    return made.set_axis(pd.Index(range(0, 2 * ROWS, 2)))


@pytest.fixture(params=["held", "on disk"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have tables in memory, or on disk, and look at seven rows at a time."""
    monkeypatch.setattr(memory_map, "BLOCK", 7)
    if request.param == "on disk":
        monkeypatch.setattr(memory_map, "MAX_TABLE_IN_MEMORY", 100)
        monkeypatch.setattr(memory_map, "MAX_ARRAY_IN_MEMORY", 100)
    return str(request.param)


def test_tables_are_laid_one_below_the_other(place: str) -> None:
    parts = [pa.table({"text": [str(row)], "label": ["x"]}, SCHEMA) for row in range(ROWS)]
    found = collect(iter(parts), SCHEMA)
    assert found.to_pydict() == pa.concat_tables(parts).to_pydict()
    assert found.schema == SCHEMA


def test_nothing_is_a_table_too(place: str) -> None:
    assert collect(iter([]), SCHEMA).num_rows == 0


def test_a_file_is_written_for_a_big_table_only_and_gone_at_once(place: str) -> None:
    collect(iter([pa.table({"text": ["a" * 200], "label": ["x"]}, SCHEMA)] * 3), SCHEMA)
    folder = tables_folder(default_cache())
    assert folder.exists() is (place == "on disk")
    assert not folder.exists() or list(folder.iterdir()) == []


def test_chosen_rows_are_those_of_pandas_with_their_index(place: str) -> None:
    whole = frame()
    for seed in range(3):
        chosen = np.random.default_rng(seed).random(ROWS) < 0.4
        pd.testing.assert_frame_equal(filter_rows(whole, chosen), whole[chosen])
    nothing = np.zeros(ROWS, dtype=np.bool_)
    pd.testing.assert_frame_equal(filter_rows(whole, nothing), whole[nothing])


def test_missing_values_of_the_named_columns_are_filled(place: str) -> None:
    whole = frame()
    every = np.ones(ROWS, dtype=np.bool_)
    pd.testing.assert_frame_equal(filter_rows(whole, every, ["text"]), whole.fillna({"text": ""}))


def test_blocks_are_the_whole_in_order(place: str) -> None:
    parts = list(blocks(frame()))
    assert {len(each) for each in parts[:-1]} == {7}
    pd.testing.assert_frame_equal(pd.concat(parts), frame())


def test_frames_are_stacked_as_pandas_does(place: str) -> None:
    whole = frame()
    pd.testing.assert_frame_equal(
        concat([whole[30:], whole[:30]]), whole.iloc[[*range(30, 50), *range(30)]]
    )
    pd.testing.assert_frame_equal(concat([whole]), whole)
    parts = [whole[["text"]], whole[["label"]].rename(columns={"label": "other"}), whole]
    pd.testing.assert_frame_equal(concat(parts), pd.concat(parts))


def test_some_rows_are_drawn_by_the_seed_in_their_order(place: str) -> None:
    whole = frame()
    found = sample_rows(whole, 20, seed=1)
    pd.testing.assert_frame_equal(found, whole.loc[found.index])
    assert found.index.is_monotonic_increasing
    assert (len(found), found.index.nunique()) == (20, 20)
    assert sample_rows(whole, 20, seed=1).index.equals(found.index)
    assert not sample_rows(whole, 20, seed=2).index.equals(found.index)
    assert sample_rows(whole, ROWS, seed=1) is whole


@pytest.mark.parametrize("count", [0, 1, 12, 13, 1000])
def test_numbers_are_written_and_read_like_any_array(count: int, place: str) -> None:
    numbers = empty_memmap(count, np.int64)
    numbers[:] = np.arange(count)
    assert numbers.tolist() == list(range(count))
    # numpy shuffles its own class of mapped arrays a hundred times slower.
    assert type(numbers) is np.ndarray
    folder = tables_folder(default_cache())
    assert folder.exists() is (place == "on disk" and count > 12)
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_an_error_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    monkeypatch.setenv("HYDRO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(memory_map, "MAX_TABLE_IN_MEMORY", 0)
    monkeypatch.setattr(memory_map, "MAX_ARRAY_IN_MEMORY", 0)
    with pytest.raises(ResourceError, match="HYDRO_CACHE"):
        collect(iter([pa.table({"text": ["a"], "label": ["x"]}, SCHEMA)]), SCHEMA)
    with pytest.raises(ResourceError, match=r"takes numbers for each row of a table.*HYDRO_CACHE"):
        empty_memmap(1, np.int64)


def test_a_full_disk_is_an_error_before_numbers_are_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(memory_map, "MAX_ARRAY_IN_MEMORY", 100)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(ResourceError, match="free some space there"):
            empty_memmap(10_000, np.int64)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_goes_wrong_in_reading_is_not_taken_for_the_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory_map, "MAX_TABLE_IN_MEMORY", 0)

    def damaged() -> Any:
        yield pa.table({"text": ["a"], "label": ["x"]}, SCHEMA)
        raise OSError

    with pytest.raises(OSError, match=r"^$"):
        collect(damaged(), SCHEMA)


def test_a_frame_on_disk_takes_no_memory_of_arrow(monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(held: int) -> int:
        monkeypatch.setattr(memory_map, "MAX_TABLE_IN_MEMORY", held)
        made = ({"text": [f"{each}" * 1000] * 100, "label": ["x"] * 100} for each in range(5))
        before = pa.total_allocated_bytes()
        found = collect((pa.table(each, SCHEMA) for each in made), SCHEMA).to_pandas()
        assert len(found) == 500
        return int(pa.total_allocated_bytes() - before)

    assert taken(10**9) > 500_000
    assert taken(100) < 10_000

"""An index is whole or absent, and says what it was made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hydro.errors import ResourceError
from hydro.inference.index_store import checksum, read_metadata, save_index
from hydro.plugins.retrieval import Hit


@dataclass(frozen=True)
class Note:
    """An index that is one file."""

    text: str
    facts: Mapping[str, Any]

    def search(self, queries: pd.DataFrame, k: int) -> list[list[Hit]]:
        """Find nothing."""
        return [[] for _ in range(len(queries))]

    def save(self, folder: Path) -> None:
        """Write the file; a text of nothing cannot be written."""
        if not self.text:
            raise OSError(28, "No space left on device")
        (folder / "note.txt").write_text(self.text)


def test_an_index_takes_the_place_of_an_older_one_once_it_is_whole(tmp_path: Path) -> None:
    folder = tmp_path / "train-exact"
    save_index(Note("old", {}), folder, {"model": 1})
    with pytest.raises(ResourceError, match="No space left"):
        save_index(Note("", {}), folder, {"model": 2})
    assert ((folder / "note.txt").read_text(), read_metadata(folder)) == ("old", {"model": 1})
    save_index(Note("new", {}), folder, {"model": 2})
    assert ((folder / "note.txt").read_text(), read_metadata(folder)) == ("new", {"model": 2})
    assert [each.name for each in tmp_path.iterdir()] == ["train-exact"]


def test_what_is_not_whole_is_no_index(tmp_path: Path) -> None:
    assert read_metadata(tmp_path) is None
    (tmp_path / "about.json").write_text("{")
    assert read_metadata(tmp_path) is None


def test_the_checksum_is_that_of_all_weights(tmp_path: Path) -> None:
    (tmp_path / "1_Dense").mkdir()
    found = {checksum(tmp_path)}
    for name in ("model.safetensors", "1_Dense/model.safetensors"):
        (tmp_path / name).write_bytes(b"weights")
        found.add(checksum(tmp_path))
    assert len(found) == 3
    (tmp_path / "README.md").write_bytes(b"other")
    assert checksum(tmp_path) in found


def test_a_library_that_finds_the_disk_full_is_a_full_disk(tmp_path: Path) -> None:
    class Full(Note):
        def save(self, folder: Path) -> None:
            (folder / "half").touch()
            msg = "Error in write_index: write error in index.faiss (No space left on device)"
            raise RuntimeError(msg)

    with pytest.raises(ResourceError, match=r"train-exact: cannot be written: .*No space left"):
        save_index(Full("", {}), tmp_path / "train-exact", {})
    assert not [*tmp_path.iterdir()]

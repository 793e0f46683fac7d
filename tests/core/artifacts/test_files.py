"""Tests of files that are complete or absent."""

import errno
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pandas as pd
import pytest

from hydro.artifacts.files import (
    make_folder,
    require_writable,
    write_csv,
    write_json,
    write_text,
    writing,
)
from hydro.artifacts.status import Status
from hydro.data.tables import read_table
from hydro.errors import DiskFullError, FolderError, ResourceError


@pytest.mark.parametrize(
    "text", ["two\nlines", "a\rb", "a\r\nb", 'say "no", twice', "NA", " 007 ", "é\u2028汉", "'=1+1"]
)
def test_a_table_reads_back_as_it_was_written(text: str, tmp_path: Path) -> None:
    write_csv(tmp_path / "x.csv", pd.DataFrame({"text": [text, "b"]}))
    assert read_table(tmp_path / "x.csv")["text"].tolist() == [text, "b"]


def test_a_full_disk_leaves_the_earlier_file_and_no_partial_one(
    full_disk: Callable[[int], AbstractContextManager[None]], tmp_path: Path
) -> None:
    path = tmp_path / "config.yaml"
    write_text(path, "seed: 3\n")
    with full_disk(100), pytest.raises(ResourceError) as error:
        write_text(path, "seed: 4\n" * 1000)
    assert "config.yaml: cannot be written: File too large" in str(error.value)
    assert "choose another --output" in str(error.value)
    assert path.read_text() == "seed: 3\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), DiskFullError),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), DiskFullError),
        (RuntimeError("write error in x: 0 != 8 (No space left on device)"), DiskFullError),
        (RuntimeError("[enforce fail] . PytorchStreamWriter failed writing file x"), DiskFullError),
        (OSError(errno.EROFS, "Read-only file system"), FolderError),
        (PermissionError(errno.EACCES, "Permission denied"), FolderError),
    ],
    ids=repr,
)
def test_a_full_disk_is_told_from_a_folder_that_cannot_be_written(
    error: Exception, kind: type[ResourceError], tmp_path: Path
) -> None:
    with pytest.raises(ResourceError) as found, writing(tmp_path / "x"):
        raise error
    assert (type(found.value), found.value.exit_code) == (kind, 6)
    assert str(tmp_path / "x") in str(found.value)
    assert Status.failed(found.value).error_type == kind.__name__


def test_another_error_of_a_library_is_none_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="wrong shape"), writing(tmp_path / "x"):
        msg = "wrong shape"
        raise RuntimeError(msg)


@pytest.mark.parametrize("name", ["x" * 240, "é" * 125])
def test_a_name_that_is_too_long_is_refused_before_the_work(name: str, tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="File name too long"):
        require_writable(tmp_path, [f"{name}_predictions.csv"])
    with pytest.raises(ResourceError, match="File name too long"):
        write_text(tmp_path / f"{name}_predictions.csv", "x")
    (tmp_path / "file").touch()
    with pytest.raises(ResourceError, match="file/out"):
        require_writable(tmp_path / "file/out", [])
    require_writable(tmp_path / "deep/er", ["x"])
    assert {each.name for each in tmp_path.rglob("*")} == {"file", "deep", "er"}


@pytest.mark.parametrize(
    "write",
    [
        lambda folder: write_text(folder / "x.txt", "x"),
        lambda folder: write_json(folder / "x.json", {}),
        lambda folder: write_csv(folder / "x.csv", pd.DataFrame({"x": [1]})),
        lambda folder: make_folder(folder / "x"),
    ],
    ids=["text", "json", "csv", "folder"],
)
def test_a_folder_that_is_gone_is_an_error(write: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="cannot be written: No such file or directory"):
        write(tmp_path / "gone")


def test_a_file_is_replaced_and_never_written_in_place(tmp_path: Path) -> None:
    path, earlier = tmp_path / "a.txt", tmp_path / "earlier.txt"
    write_text(path, "old")
    earlier.hardlink_to(path)
    write_text(path, "new")
    assert (path.read_text(), earlier.read_text()) == ("new", "old")

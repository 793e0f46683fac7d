"""Tests of deleting and replacing: what hydro wrote goes, what somebody put beside it stays."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hydro.artifacts.deletion import (
    clear_unfinished,
    delete_folder,
    delete_paths,
    is_locked,
    locked,
    new_folder,
    recorded_paths,
)


def write(target: Path, *names: str, record: Path | None = None) -> None:
    """Write a folder with some files as hydro does."""
    with new_folder(target, record=record) as new:
        for name in names:
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).write_text("hydro")


def contents(folder: Path) -> set[str]:
    """Return all paths below a folder."""
    return {each.relative_to(folder).as_posix() for each in folder.rglob("*")}


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target, record = tmp_path / "model", tmp_path / ".files/model.json"
    write(target, "a", "deep/b", record=record)
    write(target, "c", record=record)
    assert contents(tmp_path) == {"model", "model/c", ".files", ".files/model.json"}
    assert recorded_paths(target, record) >= {target, target / "c", record}


def test_what_somebody_put_into_a_folder_stays_when_it_is_replaced(tmp_path: Path) -> None:
    target, record = tmp_path / "model", tmp_path / ".files/model.json"
    write(target, "a", "deep/b", record=record)
    (target / "deep/mine").write_text("mine")
    (target / "empty").mkdir()
    (target / "link").symlink_to(tmp_path)
    write(target, "a", "c", record=record)
    assert contents(target) == {"a", "c", "deep", "deep/mine", "empty", "link"}
    assert (target / "deep/mine").read_text() == "mine"


def test_an_error_leaves_the_earlier_folder_and_nothing_half_done(tmp_path: Path) -> None:
    write(tmp_path / "model", "a")
    with pytest.raises(ValueError, match="oh"), new_folder(tmp_path / "model") as new:
        new.mkdir()
        (new / "b").touch()
        msg = "oh"
        raise ValueError(msg)
    assert contents(tmp_path) == {"model", "model/a"}


def break_second_rename(monkeypatch: pytest.MonkeyPatch, break_off: Callable[[], None]) -> None:
    """Break off when the earlier folder is out of its place, and the new one not yet in it."""
    rename, calls = Path.rename, []

    def counted(path: Path, target: Path) -> Path:
        calls.append(path)
        if len(calls) == 2:
            break_off()
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", counted)


def test_a_folder_that_cannot_take_its_place_leaves_the_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "model", "a", record=tmp_path / "record")

    def refuse() -> None:
        raise OSError

    break_second_rename(monkeypatch, refuse)
    with pytest.raises(OSError):
        write(tmp_path / "model", "b", record=tmp_path / "record")
    assert contents(tmp_path) == {"model", "model/a", "record"}


def test_a_kill_while_a_folder_is_replaced_loses_neither(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "model", "a", record=tmp_path / "record")
    process = os.fork()
    if not process:
        break_second_rename(monkeypatch, lambda: os._exit(0))
        write(tmp_path / "model", "b", record=tmp_path / "record")
        os._exit(1)
    assert os.waitpid(process, 0)[1] == 0
    assert not (tmp_path / "model").exists()
    # The next that succeeds in the folder, whatever it writes, restores it.
    write(tmp_path / "other", "c")
    assert contents(tmp_path) == {"model", "model/a", "other", "other/c", "record"}


@pytest.mark.parametrize("kind", ["folder", "file", "dangling"])
def test_a_link_is_not_replaced(kind: str, tmp_path: Path) -> None:
    aim = tmp_path / "aim"
    if kind == "folder":
        (aim / "sub").mkdir(parents=True)
    if kind == "file":
        aim.write_text("mine")
    (tmp_path / "model").symlink_to(aim)
    with pytest.raises(FileExistsError, match="a link, which hydro does not replace"):
        write(tmp_path / "model", "a")
    assert (tmp_path / "model").is_symlink()
    assert not (aim / "a").exists()


def test_a_folder_of_an_earlier_version_has_no_record(tmp_path: Path) -> None:
    write(tmp_path / "model", "a")
    (tmp_path / "model/link").symlink_to(tmp_path)
    record = tmp_path / "none.json"
    assert recorded_paths(tmp_path / "model", record) == set()
    own = recorded_paths(tmp_path / "model", record, unrecorded=True)
    assert own == {tmp_path / "model", tmp_path / "model/a"}


def test_links_are_never_followed(tmp_path: Path) -> None:
    (tmp_path / "aim/sub").mkdir(parents=True)
    (tmp_path / "aim/sub/file").write_text("mine")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "aim")
    listed = {folder, folder / "link/sub", folder / "link/sub/file"}
    assert delete_paths(folder, listed) == [folder / "link"]
    assert delete_folder(folder, listed) == [folder / "link"]
    assert delete_folder(folder / "link", {folder / "link/sub/file"}) == []
    assert (tmp_path / "aim/sub/file").read_text() == "mine"


UNFINISHED = (".onnx.0123abcd.partial", ".calm.0123abcd.deleted", ".trash-0123abcd")
FOREIGN = (
    *(".notes", "notes.partial", ".onnx.0123abcd", ".onnx.0123abcX.partial", ".trash-mine"),
    *(".onnx-abcdefgh", ".step-1.partial", "x.0123abcd.partial"),
)


@pytest.mark.parametrize("is_folder", [False, True])
def test_what_was_left_unfinished_is_known_by_its_name(is_folder: bool, tmp_path: Path) -> None:
    for name in (*UNFINISHED, *FOREIGN):
        path = tmp_path / name
        if is_folder:
            path.mkdir()
            path = path / "inside"
        path.write_text(name)
    clear_unfinished(tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == {*FOREIGN}


def test_what_earlier_versions_left_unfinished_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    for name in (".onnx-abcdefgh", ".train-exact-a_bcd123"):
        (tmp_path / name / "new").mkdir(parents=True)
    (tmp_path / ".mine-abcdefgh/new").mkdir(parents=True)
    (tmp_path / ".mine-abcdefgh/notes").touch()
    clear_unfinished(tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == {".mine-abcdefgh"}


def test_a_link_with_the_name_of_something_unfinished_stays(tmp_path: Path) -> None:
    (tmp_path / UNFINISHED[0]).symlink_to(tmp_path)
    clear_unfinished(tmp_path)
    assert (tmp_path / UNFINISHED[0]).is_symlink()


def test_what_a_process_is_writing_stays(tmp_path: Path) -> None:
    path = tmp_path / UNFINISHED[0]
    path.mkdir()
    with locked(path):
        assert is_locked(path)
        clear_unfinished(tmp_path)
        assert path.exists()
    clear_unfinished(tmp_path)
    assert not path.exists()
    assert not is_locked(path)


def test_a_folder_that_another_process_made_meanwhile_stays(tmp_path: Path) -> None:
    with new_folder(tmp_path / "entry", replace=False) as new:
        new.mkdir()
        write(tmp_path / "entry", "first")
    assert contents(tmp_path) == {"entry", "entry/first"}


def test_the_next_that_succeeds_clears_what_was_left(tmp_path: Path) -> None:
    (tmp_path / UNFINISHED[0] / "onnx").mkdir(parents=True)
    os.utime(tmp_path / UNFINISHED[0])
    write(tmp_path / "mlflow", "a")
    assert contents(tmp_path) == {"mlflow", "mlflow/a"}

"""A checkpoint is whole or not there, and a damaged one is never taken for whole."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from hydro.errors import ResourceError
from hydro.training.checkpoint import FACTS, HISTORY, MANIFEST, Checkpoints

FILES = ("model.safetensors", FACTS, HISTORY, MANIFEST)


def save(checkpoints: Checkpoints, number: int, suffix: str = "") -> None:
    """Save a checkpoint with its number in every file."""
    checkpoints.save(
        f"step-{number:06d}{suffix}",
        {"model": {"weight": torch.full((3,), float(number)), "updates": number}},
        {"number": number},
        f"line {number}\n".encode(),
    )


def number(checkpoints: Checkpoints) -> int | None:
    """Read the newest checkpoint, and see that its files belong together."""
    found = checkpoints.newest()
    if found is None:
        return None
    value = int(found.facts["number"])
    part: dict[str, Any] = found.part("model")
    assert part.pop("weight").tolist() == [value] * 3
    assert part == {"updates": value}
    assert found.part("optimizer") == {}
    assert found.history == f"line {value}\n".encode()
    return value


def names(checkpoints: Checkpoints) -> list[str]:
    """List what is in the folder, hidden names too."""
    return sorted(each.name for each in checkpoints.folder.iterdir())


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    """Where there is none yet."""
    return Checkpoints(tmp_path / "checkpoints")


def test_the_newest_is_found_and_two_are_kept(checkpoints: Checkpoints) -> None:
    assert number(checkpoints) is None
    for each in (9, 10, 1_000_000):
        save(checkpoints, each)
        assert number(checkpoints) == each
    assert names(checkpoints) == ["step-000010", "step-1000000"]
    save(checkpoints, 1_000_000, "-trained")
    newest = checkpoints.newest()
    assert newest is not None
    assert newest.path.name == "step-1000000-trained"
    checkpoints.clear()
    assert number(checkpoints) is None


def test_checkpoints_are_ordered_by_number_and_not_as_text(checkpoints: Checkpoints) -> None:
    save(checkpoints, 999_999)
    save(checkpoints, 1_000_000)
    newest = checkpoints.newest()
    assert newest is not None
    assert newest.path.name == "step-1000000"


def test_what_somebody_put_among_checkpoints_stays(checkpoints: Checkpoints) -> None:
    save(checkpoints, 1)
    mine = [checkpoints.folder / name for name in ("notes", "step-mine", "step-000001/notes")]
    for path in mine:
        path.write_text("mine")
    (checkpoints.folder / "step-000000").symlink_to(checkpoints.folder.parent)
    for each in (1, 2, 3, 4):
        save(checkpoints, each)
        assert number(checkpoints) == each
    checkpoints.clear()
    assert number(checkpoints) is None
    assert names(checkpoints) == ["notes", "step-000000", "step-000001", "step-mine"]
    assert [path.read_text() for path in mine] == ["mine"] * 3


def delete(path: Path) -> None:
    path.unlink()


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def flip(path: Path, bit: int = 77) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8 % len(content)] ^= 1 << bit % 8
    path.write_bytes(content)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", [delete, halve, empty, flip])
def test_a_damaged_checkpoint_is_skipped_and_named(
    damage: Any, name: str, checkpoints: Checkpoints, caplog: pytest.LogCaptureFixture
) -> None:
    save(checkpoints, 1)
    save(checkpoints, 2)
    damage(checkpoints.folder / "step-000002" / name)
    assert number(checkpoints) == 1
    assert "checkpoint step-000002 is damaged" in caplog.text
    assert name in caplog.text
    # It goes on from there, and writes the damaged one again.
    save(checkpoints, 2)
    assert number(checkpoints) == 2
    assert names(checkpoints) == ["step-000001", "step-000002"]


def test_no_flipped_bit_is_accepted(checkpoints: Checkpoints) -> None:
    save(checkpoints, 1)
    save(checkpoints, 2)
    chance = torch.Generator().manual_seed(4)
    for turn in range(200):
        path = checkpoints.folder / "step-000002" / FILES[turn % len(FILES)]
        whole = path.read_bytes()
        flip(path, int(torch.randint(len(whole) * 8, (1,), generator=chance)))
        assert number(checkpoints) == 1
        path.write_bytes(whole)
    assert number(checkpoints) == 2


def test_all_checkpoints_damaged_is_an_error(checkpoints: Checkpoints) -> None:
    save(checkpoints, 1)
    save(checkpoints, 2)
    for name, file in (("step-000001", FACTS), ("step-000002", "model.safetensors")):
        flip(checkpoints.folder / name / file)
    with pytest.raises(ResourceError, match="no checkpoint is whole") as error:
        checkpoints.newest()
    assert f"step-000001: {FACTS} has changed" in str(error.value)
    assert "step-000002: model.safetensors has changed" in str(error.value)


def crash(checkpoints: Checkpoints, step: int) -> bool:
    """Save number 3 in a process that dies at one of its steps; tell whether it still did."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    left = step
    code = 0

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        writes = event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "open", "fsync")
        if writes and str(checkpoints.folder) in str(arguments[0]):
            left -= 1
            if left == 0:
                os._exit(9)

    fsync = os.fsync

    def counted(file: int) -> None:
        count("fsync", (Path(f"/proc/self/fd/{file}").readlink(),))
        fsync(file)

    os.fsync = counted
    sys.addaudithook(count)
    try:
        save(checkpoints, 3)
    except BaseException:
        code = 1
    os._exit(code)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_crash_at_any_step_of_a_save_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    seen = []
    for step in range(1, 200):
        checkpoints = Checkpoints(tmp_path / str(step))
        save(checkpoints, 1)
        save(checkpoints, 2)
        crashed = crash(checkpoints, step)
        seen.append(number(checkpoints))
        # What the crash left does not disturb the next save, which clears it away.
        save(checkpoints, 4)
        assert number(checkpoints) == 4
        assert all(name.startswith("step-") for name in names(checkpoints))
        if not crashed:
            break
    assert len(seen) > 20
    assert set(seen) == {2, 3}
    assert seen == sorted(seen)


def test_a_disk_that_is_full_leaves_the_older_ones(
    checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(checkpoints, 1)

    def no_space(tensors: Any, path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hydro.training.checkpoint.save_file", no_space)
    with pytest.raises(ResourceError, match="step-000002: cannot be written: No space left"):
        save(checkpoints, 2)
    assert names(checkpoints) == ["step-000001"]
    assert number(checkpoints) == 1

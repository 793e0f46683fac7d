"""Runs get a slot each, in a process of their own that sees only its own GPUs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hydro.artifacts.files import write_text
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, read_status, write_status
from hydro.executors.local import LocalExecutor, Slot, Task, Train, slots


@pytest.mark.parametrize(
    ("gpus", "expected"),
    [([], [()]), (["0"], [("0",)]), (["0", "1", "3"], [("0",), ("1",), ("3",)])],
)
def test_each_gpu_takes_one_run_at_a_time(
    gpus: list[str], expected: list[Slot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert slots(gpus, 1) == expected


@pytest.mark.parametrize(
    ("per_run", "expected"),
    [(2, [("0", "1"), ("2", "5")]), (3, [("0", "1", "2")]), (4, [("0", "1", "2", "5")])],
)
def test_gpus_are_cut_into_slots(
    per_run: int, expected: list[Slot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert slots(["0", "1", "2", "5"], per_run) == expected


def test_runs_get_the_gpus_that_this_process_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,GPU-5a,7")
    assert slots(["0", "1"], 1) == [("4",), ("GPU-5a",)]


def test_a_run_whose_process_dies_is_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder(tmp_path)
    write_text(run.config, "not: [settings")

    def task(train: Train) -> None:
        train(tmp_path, lambda: False)

    LocalExecutor([()]).run(iter([task]))
    assert (read_status(run).state, read_status(run).reason) == ("failed", "settings")

    write_status(run, Status("queued"))
    # With no standard library Python itself ends before anything of hydro is loaded.
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))
    LocalExecutor([("0",)]).run(iter([task]))
    assert (read_status(run).state, read_status(run).reason) == ("failed", "process")
    assert "exit code 1 without an error message: " in read_status(run).message


def test_each_slot_takes_the_next_task_when_it_is_free(tmp_path: Path) -> None:
    done: list[int] = []

    def tasks() -> Iterator[Task]:
        for number in range(5):
            yield lambda train, number=number: done.append(number)  # type: ignore[misc]

    LocalExecutor([("0",), ("1",)]).run(tasks())
    assert sorted(done) == [0, 1, 2, 3, 4]


def test_what_fails_in_a_task_is_raised_and_no_other_task_is_begun(tmp_path: Path) -> None:
    def fail(train: Train) -> None:
        msg = "the disk is full"
        raise OSError(msg)

    queue = LocalExecutor([()])
    tasks = iter([fail, fail])
    with pytest.raises(OSError, match="the disk is full"):
        queue.run(tasks)
    assert queue.stopped
    assert next(tasks, None) is fail

"""Runs get a slot each, in a process of their own that sees only its own GPUs."""

from pathlib import Path

import pytest

from hydro.folder import RunFolder
from hydro.queue import Queue, Slot, slots


@pytest.mark.parametrize(
    ("gpus", "expected"),
    [([], [()]), (["0"], [("0",)]), (["0", "1", "3"], [("0",), ("1",), ("3",)])],
)
def test_each_gpu_takes_one_run_at_a_time(
    gpus: list[str], expected: list[Slot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert slots(gpus) == expected


def test_runs_get_the_gpus_that_this_process_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,GPU-5a,7")
    assert slots(["0", "1"]) == [("4",), ("GPU-5a",)]


def test_a_run_whose_process_dies_is_failed(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.write_config("not: [settings")
    seen: list[Path] = []
    Queue([()]).work([tmp_path], seen.append)
    assert seen == [tmp_path]
    assert (run.read_status().state, run.read_status().reason) == ("failed", "settings")

    run.config.unlink()
    run.config.mkdir()
    Queue([("0",)]).work([tmp_path], seen.append)
    assert run.read_status().state == "failed"

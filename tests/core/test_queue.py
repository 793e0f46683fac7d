"""Runs get a slot each, in a process of their own that sees only its own GPUs."""

import pytest

from hydro.queue import Slot, slots


@pytest.mark.parametrize(
    ("gpus", "per_run", "expected"),
    [
        ([], 1, [()]),
        (["0"], 1, [("0",)]),
        (["0", "1", "3"], 1, [("0",), ("1",), ("3",)]),
        (["0", "1", "2", "3", "4"], 2, [("0", "1"), ("2", "3")]),
    ],
)
def test_gpus_are_divided_among_runs(gpus: list[str], per_run: int, expected: list[Slot]) -> None:
    assert slots(gpus, per_run) == expected

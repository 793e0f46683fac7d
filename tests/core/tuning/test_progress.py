"""While a search goes on, each run that ends says how many are left and what is best so far."""

import logging
import time
from typing import Any

import pytest

from hydro.settings.sections import Settings
from hydro.tuning.leaderboard import RunResult
from hydro.tuning.plan import PlannedRun
from hydro.tuning.progress import TuningProgress


def run(name: str, state: str, score: float | None = None) -> RunResult:
    planned = PlannedRun(name, {"training.rate": int(name)}, None, Settings.model_construct())
    return RunResult(planned, state, score, 5.0, "why it ended")


def test_a_run_that_ends_is_told_with_how_far_the_search_is(
    caplog: pytest.LogCaptureFixture, progress: Any
) -> None:
    caplog.set_level(logging.INFO, "hydro")
    runs = [run("0", "finished", 0.5), run("1", "queued"), run("2", "queued"), run("3", "queued")]
    with progress.task("tuning", 4, "runs") as task:
        board = TuningProgress(task, 4, True, lambda: runs)
        assert board.refresh() == "1 of 4 done, best 0.5000"
        # Ten seconds a run, as far as the board knows.
        board.started = time.monotonic() - 10
        runs[1] = run("1", "finished", 0.75)
        board.run_finished(runs[1])
        runs[2] = run("2", "pruned")
        board.run_finished(runs[2])
        runs[3] = run("3", "failed")
        board.run_finished(runs[3])
    assert caplog.messages == [
        "run 1  rate=1: 0.7500, 5 s  (2 of 4 done, about 20 s left, best 0.7500)",
        "run 2  rate=2: pruned, why it ended  (3 of 4 done, about 5 s left, best 0.7500)",
        "run 3  rate=3: failed, why it ended  (4 of 4 done, best 0.7500)",
    ]
    assert [each.levelname for each in caplog.records] == ["INFO", "INFO", "WARNING"]
    assert progress.shown["tuning"] == [
        (1, {"best": 0.5}),
        (2, {"best": 0.75}),
        (3, {"best": 0.75}),
        (4, {"best": 0.75}),
    ]

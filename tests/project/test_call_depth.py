"""Tests of how many calls of hydro lead from a command to the first gradient."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

MAX_CALLS = 8


class FirstGradient(Exception):
    """Ends a run at its first gradient."""


def calls_below(root: Path) -> list[str]:
    """List the calls of hydro that the present one is within, the innermost first."""
    calls, frame = [], sys._getframe()
    while frame.f_back:
        frame = frame.f_back
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(root):
            calls.append(f"{path.relative_to(root).as_posix()}:{frame.f_code.co_name}")
    return calls


def test_hydro_run_reaches_its_first_gradient_within_eight_calls(
    root: Path,
    wordcount_yml: Path,
    command: Callable[..., object],
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(site)
    monkeypatch.chdir(wordcount_yml.parent)
    calls: list[str] = []

    def backward(*arguments: object, **others: object) -> None:
        calls.extend(calls_below(root / "core/hydro"))
        raise FirstGradient

    monkeypatch.setattr(torch.Tensor, "backward", backward)
    with pytest.raises(FirstGradient):
        command("run", wordcount_yml.name, "--set", "environment.gpus=[]")
    passed = calls[: calls.index("cli/run.py:run") + 1]
    assert len(passed) <= MAX_CALLS, passed

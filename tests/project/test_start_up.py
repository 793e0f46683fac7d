"""Tests that commands which only tell load nothing heavy; by modules, not by the clock."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ["torch", "transformers", "tokenizers", "pandas", "numpy", "pyarrow", "faiss", "sklearn"]
HEAVY += ["mlflow", "neptune", "tensorboard", "trackio", "wandb"]
HEAVY += ["fastapi", "starlette", "uvicorn", "prometheus_client"]

PROGRAM = f"""
import atexit, sys
atexit.register(lambda: print([n for n in {HEAVY} if n in sys.modules], file=sys.stderr))
from hydro.cli import main
main()
"""

LIGHT = [
    ["--help"],
    ["--version"],
    ["run", "--help"],
    ["validate", "--help"],
    ["predict", "--help"],
    ["search", "--help"],
    ["serve", "--help"],
    ["experiments", "--help"],
    ["experiments", "list", "--output", "EXPERIMENTS"],
    ["experiments", "show", "one", "--output", "EXPERIMENTS"],
    ["problems"],
    ["plugins"],
    ["cache"],
    ["cache", "clear"],
    ["schema", "text_metric_learning"],
    ["schema", "text_metric_learning", "--format", "yaml"],
    ["schema", "text_metric_learning", "--format", "json"],
    ["run", "no-such-file.yml"],
]


EXPERIMENT = {
    "config.yaml": "problem_type: text_metric_learning\n",
    "status.json": '{"state": "failed", "reason": "data", "message": "no rows", "seconds": 1, '
    '"pid": 1, "time": "2026-01-02T03:04:05"}',
}


@pytest.mark.parametrize("arguments", LIGHT, ids=" ".join)
def test_a_command_that_only_tells_is_light(arguments: list[str], tmp_path: Path) -> None:
    for name, text in EXPERIMENT.items():
        (tmp_path / "one" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "one" / name).write_text(text, encoding="utf-8")
    given = [str(tmp_path) if each == "EXPERIMENTS" else each for each in arguments]
    command = [sys.executable, "-c", PROGRAM, *given]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.stderr.splitlines()[-1] == "[]"
    assert result.returncode == (3 if "no-such-file.yml" in arguments else 0)
    assert result.stdout or result.returncode


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_can_complete_commands(shell: str) -> None:
    environment = os.environ | {"_HYDRO_COMPLETE": f"{shell}_source"}
    command = [sys.executable, "-c", "from hydro.cli import main; main()"]
    script = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (script.returncode, script.stderr) == (0, "")
    assert "_HYDRO_COMPLETE" in script.stdout

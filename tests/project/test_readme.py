"""Tests that the one check runs the tests as the README says."""

import re
import subprocess
from pathlib import Path


def commands(root: Path) -> list[str]:
    """List the commands of the README: what follows a dollar in its fenced blocks."""
    text = (root / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def test_the_check_runs_the_one_command_of_the_readme_that_tests(root: Path) -> None:
    (wanted,) = [command for command in commands(root) if "pytest" in command]
    last = (root / ".ci" / "run").read_text(encoding="utf-8").strip().splitlines()[-1]
    taken = re.fullmatch(r'eval "\$\((.*)\)"', last)
    assert taken
    line = subprocess.run(["bash", "-c", taken[1]], cwd=root, capture_output=True, text=True)
    assert line.stdout == f"{wanted}\n"


def test_the_check_can_be_run(root: Path) -> None:
    assert (root / ".ci" / "run").stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", ".ci/run"], cwd=root).returncode == 0

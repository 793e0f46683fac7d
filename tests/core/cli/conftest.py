"""What the tests of commands share: a way to call them, and a plugin to install."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hydro.cli import main

ROWS = "text,label\n" + "".join(f"text {row} of {row % 3},{row % 3}\n" for row in range(30))
CONFIG = """\
problem_type: text_metric_learning
dataset:
  train_dataframe: rows.csv
  text_column: text
  label_columns: label
environment: {gpus: [], seed: 1}
"""


@pytest.fixture
def hydro(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command line: exit code, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code: Any = 0
        try:
            main(arguments)
        except SystemExit as end:
            code = end.code
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A settings file beside a table of 30 rows and 3 classes."""
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")
    path = tmp_path / "cfg.yml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Install a plugin that does not import, and that is noisy about it."""
    facts = tmp_path / "site" / "hydro_broken-1.0.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: hydro-broken\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[hydro.plugins]\nbroken = hydro_broken\n")
    (facts.parent / "hydro_broken.py").write_text("print('noise')\nimport nothing_of_that_name\n")
    monkeypatch.syspath_prepend(facts.parent)
    return "broken"

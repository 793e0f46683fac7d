"""Tests that the page about writing a plugin leads from nothing to an installed plugin."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

NAMES = ["pyproject.toml", "hydro_cosface/__init__.py", "hydro_cosface/cosface.py"]


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    """The page."""
    return (root / "docs" / "writing-a-plugin.md").read_text(encoding="utf-8")


def shown(page: str, name: str) -> str:
    """Give the code that stands below the name of its file."""
    found = re.search(rf"^`{re.escape(name)}`.*?^```\w+\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


@pytest.mark.parametrize("name", NAMES)
def test_the_page_shows_the_plugin_that_is_tested(name: str, page: str, root: Path) -> None:
    tested = root / "tests" / "support" / "cosface" / name
    assert shown(page, name) == tested.read_text(encoding="utf-8")


def test_the_page_shows_the_problem_type_that_is_tested(page: str, root: Path) -> None:
    name = "hydro_text_classifier/__init__.py"
    tested = root / "tests" / "support" / "text_classifier" / name
    assert shown(page, name) == tested.read_text(encoding="utf-8")
    assert len(tested.read_text(encoding="utf-8").splitlines()) < 120


def test_what_the_page_shows_installs_and_passes_the_test_it_shows(
    page: str, tmp_path: Path
) -> None:
    for name in NAMES:
        path = tmp_path / "hydro-cosface" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(shown(page, name), encoding="utf-8")
    pip = "install --no-deps --no-build-isolation --no-index --disable-pip-version-check --target"
    arguments = [*pip.split(), str(tmp_path / "site"), str(tmp_path / "hydro-cosface")]
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True, capture_output=True)

    programs = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (test,) = (each for each in programs if "def test_" in each)
    (tmp_path / "test_cosface.py").write_text(test, encoding="utf-8")
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_cosface.py"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    result = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
    assert "1 passed" in result.stdout


def test_the_page_points_at_what_there_is(page: str, root: Path) -> None:
    for place in re.findall(r"`(tests/[^`]*)`", page):
        assert (root / place).exists()
    for link in re.findall(r"\]\(([^)#:]*)\)", page):
        assert (root / "docs" / link).exists()

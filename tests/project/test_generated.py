"""Tests that what repeats the code says the same as the code."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

NAMES = ["docs/hooks.md", "docs/cli.md", "docs/settings/text_metric_learning.md"]
SCHEMA = "schemas/text_metric_learning.json"


@pytest.fixture(scope="module")
def generator(root: Path) -> ModuleType:
    """docs/generate.py as a module."""
    spec = importlib.util.spec_from_file_location("generate", root / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_files_are_fresh(generator: ModuleType, root: Path) -> None:
    assert generator.stale(root) == []


def test_everything_is_generated_that_is_promised(generator: ModuleType) -> None:
    assert sorted(generator.generate()) == sorted([*NAMES, SCHEMA])


@pytest.mark.parametrize("name", [*NAMES, SCHEMA])
def test_a_stale_file_is_named(name: str, generator: ModuleType, tmp_path: Path) -> None:
    generator.write(tmp_path)
    assert generator.stale(tmp_path) == []
    with (tmp_path / name).open("a", encoding="utf-8") as file:
        file.write("more\n")
    assert generator.stale(tmp_path) == [name]
    (tmp_path / name).unlink()
    assert generator.stale(tmp_path) == [name]


def test_the_check_fails_with_the_name_of_a_stale_file(root: Path, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    script = tmp_path / "docs" / "generate.py"
    script.write_bytes((root / "docs" / "generate.py").read_bytes())
    check = [sys.executable, str(script), "--check"]
    refused = subprocess.run(check, capture_output=True, text=True)
    assert refused.returncode == 1
    assert refused.stderr == f"stale: {', '.join([*NAMES, SCHEMA])}. Run: python docs/generate.py\n"
    subprocess.run([sys.executable, str(script)], check=True)
    assert subprocess.run(check).returncode == 0


def test_the_schema_is_what_the_command_prints(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from hydro.cli import main
    from hydro.plugins.loading import DISTRIBUTION, load_plugins

    others = [
        each.name for each in load_plugins() if not each.distribution.startswith(DISTRIBUTION)
    ]
    monkeypatch.setenv("HYDRO_DISABLED_PLUGINS", ",".join(others))
    main(["schema", "text_metric_learning", "--format", "json"])
    assert capsys.readouterr().out == (root / SCHEMA).read_text(encoding="utf-8")

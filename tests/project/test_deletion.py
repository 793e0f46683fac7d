"""Only one module deletes, renames or replaces paths."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ALLOWED = (
    "core/hydro/artifacts/deletion.py",
    # Goes into exports as it is, where there is no hydro.
    "plugins/text_metric_learning/hydro_text_metric_learning/export/scoring_pipeline.py",
)

ALWAYS = {"unlink", "rmtree", "rmdir", "removedirs", "renames", "move", "truncate", "mkdtemp"}
ONE_ARGUMENT = {"rename", "replace"}
OF_OS = {"remove", "rename", "replace"}


def deletions(text: str) -> Iterator[int]:
    """Yield the lines of code that delete, rename or replace a path."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module in ("os", "shutil"):
            names = {each.name for each in node.names}
            if names & (ALWAYS | OF_OS):
                yield node.lineno
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        name, of = node.func.attr, node.func.value
        is_os = isinstance(of, ast.Name) and of.id == "os" and name in OF_OS
        # dataclasses.replace takes keywords; text.replace takes two texts.
        is_path = name in ONE_ARGUMENT and len(node.args) == 1 and not node.keywords
        if is_os or is_path or name in ALWAYS:
            yield node.lineno


def sources() -> list[Path]:
    """List the code of hydro and of its plugins."""
    found = [*ROOT.glob("core/hydro/**/*.py"), *ROOT.glob("plugins/*/hydro*/**/*.py")]
    assert len(found) > 200
    return [each for each in found if each.relative_to(ROOT).as_posix() not in ALLOWED]


def test_only_one_module_deletes_renames_and_replaces() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources()
        for line in deletions(path.read_text(encoding="utf-8"))
    ]
    assert not found, "go through hydro.artifacts.deletion"


@pytest.mark.parametrize(
    "line",
    [
        *("path.unlink()", "path.unlink(missing_ok=True)", "shutil.rmtree(x)", "path.rmdir()"),
        *("a.rename(b)", "a.replace(b)", "os.replace(a, b)", "os.remove(a)", "os.rename(a, b)"),
        *("shutil.move(a, b)", "from shutil import rmtree", "from os import remove"),
    ],
)
def test_what_deletes_is_recognized(line: str) -> None:
    assert [*deletions(line)] == [1]


@pytest.mark.parametrize(
    "line", ["text.replace('a', 'b')", "dataclasses.replace(x, y=1)", "found.remove(x)"]
)
def test_what_does_not_delete_is_not(line: str) -> None:
    assert not [*deletions(line)]

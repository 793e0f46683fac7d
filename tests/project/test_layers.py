"""Tests of who may import whom."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

CORE = Path("core/hydro")
PLUGINS = Path("plugins")

LAYERS: tuple[tuple[str, ...], ...] = (
    ("cli", "ui"),
    ("experiment", "serving"),
    ("inference",),
    ("evaluation", "report"),
    ("tuning", "executors"),
    ("text", "similarity", "supervised"),
    ("plugins",),
    ("training",),
    ("data",),
    ("artifacts", "trackers"),
    ("settings",),
    ("paths", "errors"),
)
"""Packages of the core; each imports those of its own line and of the lines below it."""

LIBRARIES = ("text", "similarity", "supervised")
"""What plugins build on; nothing else of the core imports it."""

OUTSIDE = ("api", "testing", "__init__")
"""What is made for plugins and tests, of all the others."""


def imports(path: Path) -> Iterator[str]:
    """List the modules that a file imports, wherever it does so."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from {node.module} | {
                f"{node.module}.{name.name}" for name in node.names if node.module == "hydro"
            }


def below(module: str, *packages: str) -> bool:
    """Tell whether a module is one of the packages or inside one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def package_of(module: str) -> str:
    """Give the package of the core that a module is in; it itself where it is in none."""
    return module.split(".")[1] if "." in module else module


def test_a_package_imports_its_own_layer_and_those_below(
    root: Path, sources: Sequence[Path]
) -> None:
    level = {name: -place for place, names in enumerate(LAYERS) for name in names}
    wrong = set()
    for path in sources:
        if not path.is_relative_to(root / CORE):
            continue
        here = path.relative_to(root / CORE).with_suffix("").parts[0]
        if here in OUTSIDE:
            continue
        for module in imports(path):
            there = package_of(module) if module.startswith("hydro.") else here
            above = there in OUTSIDE or level[there] > level[here]
            if above or (there in LIBRARIES and here not in LIBRARIES):
                wrong.add((path.relative_to(root / CORE).as_posix(), module))
    # Predictions are written by the run folder as yet.
    assert wrong == {("artifacts/run_folder.py", "hydro.plugins.predictions")}


def test_only_the_command_line_knows_the_command_line(root: Path, sources: Sequence[Path]) -> None:
    outside = [
        path
        for path in sources
        if path.is_relative_to(root / CORE) and not path.is_relative_to(root / CORE / "cli")
    ]
    assert outside
    assert [
        path for path in outside if any(below(each, "hydro.cli") for each in imports(path))
    ] == []


def test_the_core_imports_no_plugin(root: Path, sources: Sequence[Path]) -> None:
    found = {
        module
        for path in sources
        if path.is_relative_to(root / CORE)
        for module in imports(path)
        if module.startswith("hydro_")
    }
    assert found == set()


def test_a_plugin_imports_the_api_the_libraries_and_itself(
    root: Path, sources: Sequence[Path]
) -> None:
    inside = [path for path in sources if path.is_relative_to(root / PLUGINS)]
    assert inside
    found = {
        (path.relative_to(root / PLUGINS).as_posix(), module)
        for path in inside
        for module in imports(path)
        if module.startswith("hydro")
        and module != "hydro.api"
        and not below(module, *(f"hydro.{name}" for name in LIBRARIES))
        and not below(module, path.relative_to(root / PLUGINS).parts[1])
    }
    assert found == set()


def test_the_core_contains_no_problem_by_name(root: Path, sources: Sequence[Path]) -> None:
    problems = [each.name for each in (root / PLUGINS).iterdir() if each.is_dir()]
    names = [*problems, *(name.replace("_", " ") for name in problems), "wordcount", "word count"]
    found = {
        (path.name, name)
        for path in sources
        if path.is_relative_to(root / CORE)
        for name in names
        if name in path.read_text(encoding="utf-8").lower()
    }
    assert found == set()


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import a.b, c", {"a.b", "c"}),
        ("from a.b import c", {"a.b"}),
        ("from hydro import cli", {"hydro", "hydro.cli"}),
        ("def f():\n    from a import b", {"a"}),
    ],
)
def test_imports_are_found_wherever_they_stand(
    source: str, modules: set[str], tmp_path: Path
) -> None:
    (tmp_path / "example.py").write_text(source)
    assert set(imports(tmp_path / "example.py")) == modules

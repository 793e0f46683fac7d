"""Tests of who may import whom."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

CORE = Path("core/hydro")
PLUGINS = Path("plugins")

DOORS = ("cli", "catalog", "plugins", "builtin", "blame")
"""What is installed, who asks for it, and whose fault it is."""

FORBIDDEN: dict[str, tuple[str, ...]] = {
    # room: what it never imports, neither at its top nor inside a function
    "settings": (*DOORS, "data", "text", "training", "folder", "use", "parts"),
    "data": (*DOORS, "text", "training", "folder", "api", "use", "parts"),
    "text": (*DOORS, "data", "training", "folder", "api", "use", "parts"),
    "training": (*DOORS, "text", "folder", "api", "use", "parts"),
    "loggers": (*DOORS, "data", "text", "training", "folder", "api", "use", "parts"),
    "report": (*DOORS, "data", "text", "training", "api", "use", "parts"),
    "search": (*DOORS, "data", "text", "api", "use", "parts"),
    "serving": (*DOORS, "data", "text", "training", "api", "parts"),
    "use": ("cli", "builtin", "text", "api"),
}
LINE = (
    *("experiment", "run", "follower", "launch", "search"),
    *("estimate", "insights"),
)
"""The straight line calls every room, and no room calls it."""


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


@pytest.mark.parametrize("room", FORBIDDEN)
def test_a_room_of_the_core_imports_what_it_may(
    room: str, root: Path, sources: Sequence[Path]
) -> None:
    closed = [f"hydro.{name}" for name in (*FORBIDDEN[room], *LINE) if name != room]
    found = {
        (path.relative_to(root / CORE).as_posix(), module)
        for path in sources
        if path.is_relative_to(root / CORE / room)
        for module in imports(path)
        if below(module, *closed)
    }
    assert found == set()


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


def test_a_plugin_imports_the_two_doors_and_itself(root: Path, sources: Sequence[Path]) -> None:
    inside = [path for path in sources if path.is_relative_to(root / PLUGINS)]
    assert inside
    found = {
        (path.relative_to(root / PLUGINS).as_posix(), module)
        for path in inside
        for module in imports(path)
        if module.startswith("hydro")
        and module not in ("hydro.api", "hydro.text")
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

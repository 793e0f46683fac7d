"""Tests of who may import whom."""

import ast
import re
from collections.abc import Iterator, Sequence
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

CORE = Path("core/hydro")
PLUGINS = Path("plugins")

LAYERS: tuple[tuple[str, ...], ...] = (
    ("cli", "ui"),
    ("experiment", "serving"),
    ("inference",),
    ("report",),
    ("tuning", "executors"),
    ("evaluation",),
    ("text", "similarity", "supervised"),
    ("plugins",),
    ("training",),
    ("data",),
    ("artifacts", "trackers"),
    ("settings",),
    ("paths", "errors", "formatting"),
)
"""Packages of the core; each imports those of its own line and of the lines below it."""

LIBRARIES = ("text", "similarity", "supervised")
"""What plugins build on; nothing else of the core imports it."""

OUTSIDE = ("api", "testing", "__init__")
"""What is made for plugins and tests, of all the others."""


def imports(path: Path) -> Iterator[str]:
    """List the modules that a file imports, wherever it does so."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        yield from imported(node, "hydro")


def imports_when_loaded(path: Path) -> Iterator[str]:
    """List what is imported when a file is: not in functions, nor for types alone.

    A name that is imported from a package may be a module, so it is listed as if it were one.
    """
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    for node in waiting:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        yield from imported(node, getattr(node, "module", None) or "")
        waiting += ast.iter_child_nodes(node)


def imported(node: ast.AST, package: str) -> Iterator[str]:
    """List the modules that a statement imports, and the names that it imports from a package."""
    if isinstance(node, ast.Import):
        yield from (name.name for name in node.names)
    if isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        if node.module == package:
            yield from (f"{package}.{name.name}" for name in node.names)


def module_name(path: Path) -> str:
    """Return the name that a file of the core or of a plugin is imported by."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def below(module: str, *packages: str) -> bool:
    """Return whether a module is one of the packages or inside one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def package_of(module: str) -> str:
    """Return the package of the core that a module is in; the module where it is in none."""
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
    assert wrong == set()


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
    names = [
        *problems,
        *(name.replace("_", " ") for name in problems),
        "linear_regression",
        "linear regression",
    ]
    found = {
        (path.name, name)
        for path in sources
        if path.is_relative_to(root / CORE)
        for name in names
        if name in path.read_text(encoding="utf-8").lower()
    }
    assert found == set()


def test_no_import_leads_back_to_its_file(root: Path, sources: Sequence[Path]) -> None:
    found = {}
    for folder in (root / "core", *(root / PLUGINS).iterdir()):
        found |= {
            module_name(path.relative_to(folder)): path
            for path in sources
            if path.is_relative_to(folder)
        }
    graph = {name: set(imports_when_loaded(path)) & found.keys() for name, path in found.items()}
    assert any(graph.values())
    # It raises with the cycle.
    TopologicalSorter({name: each - {name} for name, each in graph.items()}).prepare()


def test_the_root_of_the_core_has_few_modules(root: Path) -> None:
    assert len(list((root / CORE).glob("*.py"))) <= 6


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


def test_imports_that_wait_are_no_part_of_loading(tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(
        "if TYPE_CHECKING:\n    import a\nelse:\n    import b\n"
        "class C:\n    import c\n    def f(self):\n        import d\n"
        "try:\n    from e import f\nexcept ImportError:\n    pass\n"
    )
    assert set(imports_when_loaded(tmp_path / "example.py")) == {"b", "c", "e", "e.f"}


TERMINAL = ("cli/output.py", "cli/console.py")
"""The modules that write to a terminal, with no control characters of other people's texts."""

NO_TERMINAL = ("trackers/subprocess_child.py", "export/scoring_pipeline.py")
"""One writes to a pipe; the other is copied into exports, where there is no hydro."""

WRITES = re.compile(
    r"print|.*\b(click\.(s?echo|confirm|prompt)|Console|std(out|err)(\.buffer)?\.write(lines)?)"
)


def test_only_the_modules_of_the_terminal_print(sources: Sequence[Path], root: Path) -> None:
    checked = [
        path
        for path in sources
        if path.is_relative_to(root / "core") or path.is_relative_to(root / "plugins")
        if not str(path).endswith((*TERMINAL, *NO_TERMINAL))
    ]
    found = [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in checked
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and WRITES.fullmatch(ast.unparse(node.func))
    ]
    assert len(checked) > 100
    assert found == []

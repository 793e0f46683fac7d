"""Tests of the shape of every source file."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

LONGEST = 60
"""Lines of a function."""

LONGEST_FILE = 300
"""Lines of a file of the core or of a plugin."""

ONE_FILE = "scoring_pipeline.py"
"""Copied as it is into the zip of an exported model, where it has to stand alone."""

DUMPS = {"utils", "util", "helpers", "helper", "common", "misc"}
"""Names of files that say nothing of what is inside, so that everything ends there."""

MACHINES = re.compile(r"(?<![\w/.~-])/(?:work|root|tmp/venv)\b")


def functions(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """List every function with its number of lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_every_file_opens_with_a_docstring(sources: Sequence[Path]) -> None:
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sources}
    assert trees
    assert [path for path, tree in trees.items() if not ast.get_docstring(tree)] == []


def test_no_function_is_long(sources: Sequence[Path]) -> None:
    long = [
        (path.name, name, lines)
        for path in sources
        for name, lines in functions(ast.parse(path.read_text(encoding="utf-8")))
        if lines > LONGEST
    ]
    assert long == []


def test_no_file_of_the_core_or_a_plugin_is_long(root: Path, sources: Sequence[Path]) -> None:
    long = {
        path.name
        for path in sources
        if path.is_relative_to(root / "core") or path.is_relative_to(root / "plugins")
        if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE
    }
    assert long == {ONE_FILE}


def test_no_file_is_a_dump(files: Sequence[Path], root: Path) -> None:
    names = {part.split(".")[0] for path in files for part in path.relative_to(root).parts}
    assert names & DUMPS == set()


def test_no_file_knows_the_machine_it_was_written_on(files: Sequence[Path], root: Path) -> None:
    found = []
    for path in files:
        text = path.read_bytes().decode("utf-8", "ignore")
        if MACHINES.search(text):
            found.append(path.relative_to(root))
    assert found == []

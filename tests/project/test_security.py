"""Tests that nothing is unpickled or run that came with data, and that secrets stay secret."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

UNPICKLERS = ("pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "cloudpickle")
RUNNERS = ("eval", "exec", "compile", "__import__")


def faults(tree: ast.AST) -> Iterator[str]:
    """List what in a file would unpickle, or run what it reads."""
    for node in ast.walk(tree):
        modules = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from (name for name in modules if name.split(".")[0] in UNPICKLERS)
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        given = {each.arg: ast.unparse(each.value) for each in node.keywords}
        if called in RUNNERS or called in (
            "torch.load",
            "pd.read_pickle",
            "yaml.load",
            "os.system",
        ):
            yield called
        if called in ("np.load", "numpy.load") and given.get("allow_pickle") != "False":
            yield f"{called} without allow_pickle=False"
        if given.get("trust_remote_code", "False") != "False":
            yield "trust_remote_code"
        if given.get("shell", "False") != "False":
            yield "shell"


def test_nothing_is_unpickled_or_run(sources: Sequence[Path], root: Path) -> None:
    inside = [path for path in sources if path.is_relative_to(root / "core")]
    inside += [path for path in sources if path.is_relative_to(root / "plugins")]
    assert len(inside) > 100
    found = {
        (path.name, fault)
        for path in inside
        for fault in faults(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == set()


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(path)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "AutoModel.from_pretrained(path, trust_remote_code=True)",
        "eval(text)",
        "run(text, shell=True)",
    ],
)
def test_what_would_is_found(source: str) -> None:
    assert len(list(faults(ast.parse(source)))) == 1


@pytest.mark.parametrize("source", ["np.load(path, allow_pickle=False)", "model.eval()"])
def test_what_would_not_is_fine(source: str) -> None:
    assert list(faults(ast.parse(source))) == []


@pytest.mark.parametrize("page", ["SECURITY.md", "reliability.md"])
def test_what_a_page_names_is_a_test(page: str, root: Path) -> None:
    named = set(re.findall(r"`(test_\w+)`", (root / "docs" / page).read_text("utf-8")))
    found = {
        name
        for path in (root / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert len(named) > 25
    assert named - found == set()

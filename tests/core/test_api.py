"""Tests of the door for plugins."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from hydro import api
from hydro.plugins import components

SOURCE = Path(api.__file__).read_text(encoding="utf-8")


def imported() -> set[str]:
    """List what the door imports from hydro, and what it fetches when it is asked."""
    found = set(api.HEAVY)
    for node in ast.parse(SOURCE).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hydro"):
            found |= {name.name for name in node.names}
    return found


def test_what_the_door_offers_is_sorted_and_complete() -> None:
    assert sorted(api.__all__) == api.__all__
    assert set(api.__all__) == imported()


@pytest.mark.parametrize("name", api.__all__)
def test_everything_offered_is_there_and_documented(name: str) -> None:
    offered = getattr(api, name)
    # Those are types, which have no text of their own.
    if name not in ("Names", "Kind"):
        assert offered.__doc__


def test_every_kind_of_component_is_offered() -> None:
    assert {each.__name__ for each in components.KINDS} <= set(api.__all__)


def test_what_is_not_offered_is_an_error_that_says_so() -> None:
    with pytest.raises(AttributeError, match=r"module 'hydro\.api' has no attribute 'Nothing'"):
        api.Nothing  # noqa: B018


def test_what_is_heavy_is_fetched_when_it_is_asked_for() -> None:
    for name, module in api.HEAVY.items():
        assert getattr(api, name) is getattr(importlib.import_module(module), name)


def test_importing_the_door_is_light() -> None:
    code = "import sys, hydro.api; print([n for n in ('torch', 'numpy') if n in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"

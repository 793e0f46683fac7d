"""Tests that every hook is documented, and used in a test."""

from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from hydro.plugins import hookspecs
from hydro.plugins.components import KINDS
from hydro.plugins.problem import Problem

HOOKS = [name for name in vars(hookspecs) if name.startswith("hydro_")]


def test_there_is_one_hook_for_every_kind_of_record() -> None:
    returned = [get_args(get_type_hints(getattr(hookspecs, name))["return"])[0] for name in HOOKS]
    assert returned == [Problem, *KINDS]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_is_documented(hook: str, root: Path) -> None:
    page = (root / "docs" / "hooks.md").read_text(encoding="utf-8")
    said = getattr(hookspecs, hook).__doc__
    assert f"\n## {hook}\n\n{said}\n" in page


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_is_used_in_a_test(hook: str, root: Path) -> None:
    tests = [
        path
        for path in (root / "tests").rglob("*.py")
        if path.parent.name != "project" and hook in path.read_text(encoding="utf-8")
    ]
    assert tests

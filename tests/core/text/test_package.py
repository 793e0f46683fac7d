"""Tests of what hydro.text offers."""

from importlib import import_module
from types import ModuleType

import hydro.text


def test_every_name_is_what_its_module_defines() -> None:
    # A submodule of the same name would take the place of what is imported on first use.
    import_module("hydro.text.class_embeddings")
    for name, module in hydro.text.MODULES.items():
        assert getattr(hydro.text, name) is getattr(import_module(module), name)
    assert set(hydro.text.MODULES) < set(hydro.text.__all__)
    assert not [n for n in hydro.text.__all__ if isinstance(getattr(hydro.text, n), ModuleType)]

"""Names of a package that are imported on first use, so that importing the package is light."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_attributes(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package; ``modules`` has the defining module of each name."""

    def get(name: str) -> Any:
        if name not in modules:
            msg = f"module '{package}' has no attribute '{name}'"
            raise AttributeError(msg)
        return getattr(import_module(modules[name]), name)

    return get

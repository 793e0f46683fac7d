"""Finds the settings of an earlier experiment, for a file that starts from them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hydro.errors import SettingsError
from hydro.paths import default_output, first_existing_experiment
from hydro.settings.yaml_reader import Document, read_yaml

KEY = "from_experiment"

NOT_INHERITED = ("experiment_name", KEY)
"""What is never taken over: two experiments are not called the same."""

ATOMIC_KEYS = ("grid_search",)
"""Maps that are one value: a file's own takes the place of the earlier one."""


def base_settings(document: Document, base: Path) -> dict[str, Any]:
    """Read what the experiment that a document names was told; nothing if it names none.

    Args:
        document: The file's values, and those of the command line.
        base: What a folder's path is relative to. A mere name is also looked for where
            experiments are made: ``$HYDRO_OUTPUT``, else ``runs`` in the working folder.

    Raises:
        SettingsError: there is no such experiment, or its settings cannot be read.
    """
    name = document.values.get(KEY)
    if name is None or name == "None":
        return {}
    places = [base / str(name), default_output() / str(name)]
    found = first_existing_experiment(places)
    if found is None:
        line, column = document.value_positions.get((KEY,), (1, 1))
        where = "--set" if (KEY,) in document.overridden else f"{document.source}:{line}:{column}:"
        tried = " and ".join(str(each) for each in places)
        msg = f"{where} {KEY}: no experiment in {tried}"
        raise SettingsError(msg)
    values = read_yaml(found / "config.yaml").values
    return {key: value for key, value in values.items() if key not in NOT_INHERITED}


def inherit(document: Document, earlier: Mapping[str, Any]) -> None:
    """Take over what a document does not set itself; sections key by key."""
    for key, value in earlier.items():
        own = document.values.get(key)
        if key not in ATOMIC_KEYS and isinstance(value, dict) and isinstance(own, dict | None):
            document.values[key] = {**value, **(own or {})}
        elif own is None:
            document.values[key] = value

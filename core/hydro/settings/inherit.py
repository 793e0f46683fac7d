"""Starts settings from those of an earlier experiment; what the file sets itself wins."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydro.errors import SettingsError
from hydro.settings.issues import COMMAND_LINE
from hydro.settings.yaml_text import Document, read_yaml

KEY = "from_experiment"

OWN = ("experiment_name", KEY)
"""What is never taken over: two experiments are not called the same."""


def inherit(document: Document, base: Path, overrides: Sequence[str] = ()) -> None:
    """Fill in what a document does not set from the experiment that it names, if it names one.

    Args:
        document: Is changed in place.
        base: What a folder's path is relative to. A mere name is also looked for where
            experiments are made: ``$HYDRO_OUTPUT``, else ``runs`` in the working folder.
        overrides: Of the command line; one of them may name the experiment.

    Raises:
        SettingsError: there is no such experiment, or its settings cannot be read.
    """
    told = [each.partition("=")[2] for each in overrides if each.startswith(f"{KEY}=")]
    name = told[-1] if told else document.values.get(KEY)
    if name is None or name == "None":
        return
    places = [base / str(name), Path(os.environ.get("HYDRO_OUTPUT", "runs")) / str(name)]
    # pathlib raises where a name is too long for the file system; os.path says no.
    found = next((p for p in places if os.path.isfile(p / "config.yaml")), None)  # noqa: PTH113
    if found is None:
        line, column = document.value_places.get((KEY,), (1, 1))
        where = f"{COMMAND_LINE} " if told else f"{document.source}:{line}:{column}: "
        tried = " and ".join(str(each) for each in places)
        msg = f"{where}{KEY}: no experiment in {tried}"
        raise SettingsError(msg)
    earlier = read_yaml(found / "config.yaml").values
    for key in (key for key in earlier if key not in OWN):
        document.values[key] = _filled(document.values.get(key), earlier[key])


def _filled(own: Any, earlier: Any) -> Any:
    """Give the value of a file, or that of the earlier experiment; sections key by key."""
    if isinstance(earlier, dict) and isinstance(own, dict | None):
        return {**earlier, **(own or {})}
    return earlier if own is None else own

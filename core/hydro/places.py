"""Where experiments lie: the folder that they are made in, and how one is found."""

import os
from collections.abc import Iterable
from pathlib import Path


def default_output() -> Path:
    """Give the folder that experiments are made in: ``$HYDRO_OUTPUT``, else ``runs``."""
    return Path(os.environ.get("HYDRO_OUTPUT", "runs"))


def first_experiment(places: Iterable[Path]) -> Path | None:
    """Give the first of some folders that an experiment was made in, if any was."""
    # pathlib raises where a name is too long for the file system; os.path says no.
    return next((each for each in places if os.path.isfile(each / "config.yaml")), None)  # noqa: PTH113

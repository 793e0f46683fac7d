"""Names and places of experiments: which names are safe as folders, and where experiments lie."""

import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path

from hydro.errors import SettingsError

SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
RESERVED_NAMES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in "123456789"),
}

ADJECTIVES = ("amber", "brisk", "calm", "clear", "deep", "gentle", "keen", "light", "quiet", "warm")
NOUNS = ("bay", "brook", "cove", "creek", "delta", "ford", "lagoon", "reef", "river", "tide")


def experiment_name(name: str | None) -> str:
    """Return the name itself if it is safe as a folder's, or two random words.

    Raises:
        SettingsError: it could leave its folder, or some file system refuses it.
    """
    if name is None:
        return f"{secrets.choice(ADJECTIVES)}-{secrets.choice(NOUNS)}"
    if (
        not SAFE_NAME.fullmatch(name)
        or name.split(".")[0].lower() in RESERVED_NAMES
        or name.endswith(".")
    ):
        shown = repr(name if len(name) <= 60 else f"{name[:57]}...")
        msg = (
            f"experiment_name: {shown} cannot be a folder's name. Use up to 100 letters, digits, "
            "dots, dashes and underscores, and start with a letter or digit"
        )
        raise SettingsError(msg)
    return name


def find_url(path: Path) -> str | None:
    """Return the URL that was given as a path, such as ``s3://bucket/table.csv``; None for none."""
    for at, part in enumerate(path.parts):
        if re.fullmatch("[a-zA-Z][a-zA-Z0-9+.-]+:", part):
            return f"{part}//{'/'.join(path.parts[at + 1 :])}"
    return None


def default_output() -> Path:
    """Return the folder that experiments are made in: ``$HYDRO_OUTPUT``, else ``runs``."""
    return Path(os.environ.get("HYDRO_OUTPUT", "runs"))


def first_existing_experiment(places: Iterable[Path]) -> Path | None:
    """Return the first of some folders that an experiment was made in, if any was."""
    # pathlib raises where a name is too long for the file system; os.path says no.
    return next((each for each in places if os.path.isfile(each / "config.yaml")), None)  # noqa: PTH113

"""Names and places of experiments: which names are safe as folders, and where experiments lie."""

import json
import os
import re
import secrets
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from hydro.errors import SettingsError

MAX_NAME = (100, 200)
"""Characters, and bytes in UTF-8; file systems take 255 bytes, of which hydro needs some."""

STATES = ("queued", "running", "stopped", "finished", "failed")
"""What an experiment can be."""

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
    if not _is_safe(name):
        shown = name if len(name) <= 60 else f"{name[:57]}..."
        shown = repr(shown) if shown.isprintable() else ascii(shown)
        msg = (
            f"experiment_name: {shown} cannot be a folder's name. Use up to 100 letters, digits, "
            "blanks, dots, dashes and underscores, and start with a letter or digit"
        )
        raise SettingsError(msg)
    return name


def _is_safe(name: str) -> bool:
    """Return whether a name is one plain folder on every system, and harmless in a shell."""
    characters, size = MAX_NAME
    if not (0 < len(name) <= characters and len(name.encode(errors="replace")) <= size):
        return False
    if not name[0].isalnum() or name[-1] in " ." or name.split(".")[0].lower() in RESERVED_NAMES:
        return False
    # A mark, such as an accent or a vowel sign, belongs to the letter before it.
    return all(c.isalnum() or c in " ._-" or unicodedata.category(c)[0] == "M" for c in name)


def from_folder(value: str, folder: Path) -> str:
    """Return a path that starts from ``folder``, from home or from the root, from the root."""
    # pathlib raises where it knows no home of that name; os.path leaves it as it is.
    return str(folder / os.path.expanduser(value))  # noqa: PTH111


def folder_or_name(value: str, folder: Path) -> str:
    """Return the absolute path of the folder that a text names, or the text where it names none.

    A folder below ``folder`` comes before one below the working folder. What can only be a path,
    as it starts with ``.``, ``~`` or ``/``, becomes absolute whether it is there or not.
    """
    if not value:
        return value
    beside = from_folder(value, folder)
    if value.startswith((".", "~", os.sep)) or os.path.isdir(beside):  # noqa: PTH112
        return beside
    here = from_folder(value, Path.cwd())
    return here if os.path.isdir(here) else value  # noqa: PTH112


def find_url(path: Path) -> str | None:
    """Return the URL that was given as a path, such as ``s3://bucket/table.csv``; None for none."""
    for at, part in enumerate(path.parts):
        if re.fullmatch("[a-zA-Z][a-zA-Z0-9+.-]+:", part):
            return f"{part}//{'/'.join(path.parts[at + 1 :])}"
    return None


def default_output() -> Path:
    """Return the folder that experiments are made in: ``$HYDRO_OUTPUT``, else ``runs``."""
    return Path(os.environ.get("HYDRO_OUTPUT", "runs"))


def is_experiment(folder: Path) -> bool:
    """Return whether hydro made a folder: by its ``status.json``, which no other program writes."""
    try:
        status = json.loads((folder / "status.json").read_text(encoding="utf-8"))
        has_settings = (folder / "config.yaml").is_file()
    except (OSError, ValueError):
        return False
    # Earlier versions wrote no version of hydro, but what follows as well.
    known = isinstance(status, dict) and {"state", "reason", "pid", "time"} <= status.keys()
    return has_settings and known and status["state"] in STATES


def first_existing_experiment(places: Iterable[Path]) -> Path | None:
    """Return the first of some folders that an experiment was made in, if any was."""
    return next((each for each in places if is_experiment(each)), None)

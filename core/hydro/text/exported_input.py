"""What an export needs to take and refuse texts and tables as hydro does."""

import shutil
from pathlib import Path

from hydro.data import text_input

SOURCE = Path(text_input.__file__).parent


def copy_text_input(folder: Path) -> None:
    """Copy the package ``text_input`` into an export, for a program that has no hydro."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(SOURCE, folder / SOURCE.name, ignore=ignored)

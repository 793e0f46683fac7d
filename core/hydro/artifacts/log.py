"""What hydro logs while a run is trained, ``log.txt``."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from hydro.artifacts.files import writing
from hydro.artifacts.run_folder import RunFolder

FORMAT = "%(asctime)s %(levelname)s %(message)s"
"""Date, time, level and message, with spaces between them."""


@contextmanager
def open_log(folder: RunFolder) -> Iterator[None]:
    """Append what hydro logs to ``log.txt`` while the context lasts.

    Raises:
        ResourceError: it cannot be written.
    """
    path = folder.path / "log.txt"
    with writing(path):
        handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter(FORMAT))
    logger = logging.getLogger("hydro")
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        handler.close()


def read_warnings(folder: RunFolder) -> list[str]:
    """Return the warnings and errors of a run, the first line of each message."""
    path = folder.path / "log.txt"
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    lines = [line.split(" ", 3) for line in text.split("\n")]
    return [line[3] for line in lines if len(line) == 4 and line[2] in ("WARNING", "ERROR")]

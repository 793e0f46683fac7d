"""Write the report of a run or of an experiment."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from hydro.artifacts.deletion import clear_unfinished
from hydro.artifacts.files import write_text
from hydro.artifacts.run_folder import RunFolder
from hydro.formatting import format_duration
from hydro.report.cells import OPEN
from hydro.report.experiment_page import experiment_page
from hydro.report.numbers import breakable
from hydro.report.run_page import run_page
from hydro.settings.sections import Settings

if TYPE_CHECKING:
    from jinja2 import Environment

logger = logging.getLogger(__name__)


@contextmanager
def write_report_at_end(folder: RunFolder, model: type[Settings]) -> Iterator[None]:
    """Write the report once the context ends, however it does.

    A report that cannot be written is warned of: a trained model is worth more than a page on it.
    """
    try:
        yield
    finally:
        try:
            write_report(folder, model)
        except Exception as error:
            logger.warning("no report: %s: %s", type(error).__name__, error)
            logger.debug("no report", exc_info=error)


def write_report(folder: RunFolder, model: type[Settings] | None) -> Path:
    """Write ``report.html`` from the other files of the folder, and return its path.

    ``model`` is the composed schema of the problem type, which knows the defaults; None where the
    problem type is not installed.
    """
    pages = _templates()
    if folder.runs:
        page = pages.get_template("experiment.html").render(experiment_page(folder))
    else:
        page = pages.get_template("run.html").render(run_page(folder, model))
    path = folder.path / "report.html"
    write_text(path, page)
    clear_unfinished(folder.path)
    return path


@cache
def _templates() -> "Environment":
    """Load the templates, which are compiled once in a process that writes several reports."""
    import jinja2

    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("hydro.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    templates.globals.update(duration=format_duration, breakable=breakable, open=OPEN)
    return templates

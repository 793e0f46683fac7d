"""Writes a finished model in the formats that exporters offer."""

import importlib.util
import logging
from collections.abc import Sequence
from pathlib import Path

from hydro.artifacts.deletion import new_folder
from hydro.artifacts.files import make_folder, writing
from hydro.artifacts.run_folder import RunFolder
from hydro.errors import PluginError, ResourceError, SettingsError
from hydro.evaluation.predictions_file import read_sample
from hydro.plugins.attribution import attribute_errors
from hydro.plugins.builder import Builder
from hydro.plugins.components import Exporter

logger = logging.getLogger(__name__)

SAMPLE_ROWS = 128
"""Held-out rows that exporters are given to try their work on."""

ALL_FORMATS = "all"
"""Stands for every format."""


def pick_exporters(builder: Builder, names: Sequence[str]) -> list[Exporter]:
    """Find exporters by name, and check that what they need is installed.

    Raises:
        SettingsError: there is no exporter of that name for the problem.
        PluginError: a package is missing.
    """
    offered = _offered(builder)
    unknown = [name for name in names if name != ALL_FORMATS and name not in offered]
    if unknown:
        there = ", ".join([*offered, ALL_FORMATS])
        msg = f"--to {unknown[0]}: no such format for {builder.problem.name}; available: {there}"
        raise SettingsError(msg)
    picked = [offered[name] for name in offered if name in names or ALL_FORMATS in names]
    if lacking := [each for each in picked if missing(each)]:
        msg = f"--to {lacking[0].name} needs {_list_missing(lacking)}. First: {_install(lacking)}"
        raise PluginError(msg)
    return picked


def export(
    exporter: Exporter, builder: Builder, run: RunFolder, parent: Path | None = None
) -> Path:
    """Write the model of a run in one format, as a folder that appears once it is whole.

    Args:
        exporter: the format.
        builder: what the settings of the run select.
        run: a finished one.
        parent: the folder to make it in; None for the run's own exports, where one of the same
            name is replaced.

    Raises:
        ResourceError: it cannot be written, or already exists in a folder that is not the run's.
        HydroError: something else the user can mend.
    """
    target = (parent or make_folder(run.path / "exports")) / exporter.name
    if parent and target.exists():
        msg = f"{target} already exists. Remove it, or choose another --output"
        raise ResourceError(msg)
    record = None if parent else run.record("exports", exporter.name)
    logger.info("writing %s", exporter.name)
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with new_folder(target, record=record) as new:
            new.mkdir()
            sample = read_sample(run, SAMPLE_ROWS)
            with attribute_errors(builder):
                builder.make(exporter, model=run.model, sample=sample, folder=new)
    return target


def export_at_end(builder: Builder, run: RunFolder) -> None:
    """Write what can be written at the end of a run, and say what cannot.

    The model is finished and safe by now: no format that fails takes the run with it.
    """
    wanted = [each for each in _offered(builder).values() if each.at_end]
    if lacking := [each for each in wanted if missing(each)]:
        logger.warning(
            "not built, because %s is not installed: %s. Later: %s && hydro export %s --to all",
            _list_missing(lacking),
            ", ".join(each.name for each in lacking),
            _install(lacking),
            run.path,
        )
    for each in wanted:
        if each in lacking:
            continue
        try:
            export(each, builder, run)
        except Exception as error:
            logger.debug("%s failed", each.name, exc_info=error)
            logger.warning(
                "%s was not built: %s. To try again: hydro export %s --to %s",
                each.name,
                error,
                run.path,
                each.name,
            )


def missing(exporter: Exporter) -> list[str]:
    """List the modules that an exporter needs and that are not installed."""
    return [name for name in exporter.modules if importlib.util.find_spec(name) is None]


def _offered(builder: Builder) -> dict[str, Exporter]:
    found = builder.components("exporter")
    return {each.name: each for each in found if isinstance(each, Exporter)}


def _list_missing(exporters: Sequence[Exporter]) -> str:
    return ", ".join(dict.fromkeys(name for each in exporters for name in missing(each)))


def _install(exporters: Sequence[Exporter]) -> str:
    extras = dict.fromkeys(each.extra for each in exporters if each.extra)
    return " ".join(["pip install", *(f"'{extra}'" for extra in extras)])

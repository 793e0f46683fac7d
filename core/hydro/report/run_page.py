"""The page of one run."""

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from hydro.artifacts.run_folder import RunFolder
from hydro.report.curves import curves
from hydro.report.figure import Figure, figure_of
from hydro.report.numbers import truncate
from hydro.report.settings import changed, flat_values
from hydro.settings.sections import Settings

logger = logging.getLogger(__name__)

WARNINGS = 20
FILES = 100
"""Warnings and links that a page has at most."""


def run_page(folder: RunFolder, model: type[Settings] | None) -> dict[str, object]:
    """Return the variables of the template of a run.

    ``model`` is the composed schema; without it, no setting can be compared with its default.
    """
    events, _ = folder.read_history()
    scores = _if_there(folder.read_scores)
    config = read_config(folder)
    values = flat_values(config)
    metric = str(values.get("prediction.metric", ""))
    clip = float(str(values.get("training.gradient_clip") or 0))
    return {
        **head(folder, values),
        "metric": metric,
        "scores": scores,
        "validation": scores.get("validation"),
        "ended": events[-1]["time"] if events else "",
        "curves": list(curves(events, metric, clip)),
        "figures": list(_figures(folder)),
        "changed": None if model is None else changed(config, model),
    }


def head(folder: RunFolder, values: Mapping[str, object]) -> dict[str, object]:
    """Return the variables that the templates of a run and of an experiment share."""
    warnings = [truncate(each, 500) for each in folder.read_warnings()]
    return {
        "name": folder.name,
        "problem": values.get("problem_type", ""),
        "seed": values.get("environment.seed", ""),
        "status": folder.read_status(),
        "warnings": list(dict.fromkeys(warnings))[:WARNINGS],
        "config": folder.config.read_text(encoding="utf-8") if folder.config.exists() else "",
        "config_path": folder.config.absolute(),
        "folder": folder.path.absolute(),
        "environment": _if_there(folder.read_environment),
        "files": list(_files(folder.path))[:FILES],
    }


def read_config(folder: RunFolder) -> dict[str, object]:
    """Read the stored settings; none if the run failed before it stored them."""
    if not folder.config.exists():
        return {}
    config: dict[str, object] = yaml.safe_load(folder.config.read_text(encoding="utf-8"))
    return config


def _if_there(read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Read a file that a run which has not come far does not have."""
    try:
        return read()
    except FileNotFoundError:
        return {}


def _figures(folder: RunFolder) -> Iterator[Figure]:
    """Draw the insights; one that cannot be drawn is left out, with a warning."""
    for metadata, table in folder.read_insights():
        try:
            yield figure_of(metadata, table)
        except (KeyError, TypeError) as error:
            name, kind = metadata.get("name"), type(error).__name__
            logger.warning("insight '%s' is left out of the report: %s: %s", name, kind, error)


def _files(path: Path) -> Iterator[tuple[str, str]]:
    """List the files beside the page, as a link and a name; those of folders one level down."""
    for each in sorted(path.iterdir()):
        if each.name.startswith(".") or each.name == "report.html":
            continue
        inside = sorted(each.iterdir()) if each.is_dir() and each.name != "runs" else [each]
        for file in inside:
            name = file.relative_to(path).as_posix()
            yield quote(name), f"{name}/" if file.is_dir() else name

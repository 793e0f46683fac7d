"""The page of one run."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import yaml

from hydro.artifacts.insight_files import read_insights
from hydro.artifacts.log import read_warnings
from hydro.artifacts.results import has_scores, read_environment, read_scores
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import read_status
from hydro.evaluation.subsets import describe_interval, marks, scored_apart
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
    events, _ = folder.history.read()
    scores = read_scores(folder) if has_scores(folder) else {}
    config = read_config(folder)
    values = flat_values(config)
    metric = str(values.get("prediction.metric", ""))
    clip = float(str(values.get("training.gradient_clip") or 0))
    return {
        **head(folder, values),
        "metric": metric,
        "scores": scores,
        "scored_apart": scored_apart,
        "describe_interval": describe_interval,
        "marks": marks,
        "validation": scores.get("validation"),
        "ended": events[-1]["time"] if events else "",
        "curves": list(curves(events, metric, clip)),
        "figures": list(_figures(folder)),
        "changed": None if model is None else changed(config, model),
    }


def head(folder: RunFolder, values: Mapping[str, object]) -> dict[str, object]:
    """Return the variables that the templates of a run and of an experiment share."""
    warnings = [truncate(each, 500) for each in read_warnings(folder)]
    return {
        "name": folder.name,
        "problem": values.get("problem_type", ""),
        "seed": values.get("environment.seed", ""),
        "status": read_status(folder),
        "warnings": list(dict.fromkeys(warnings))[:WARNINGS],
        "config": folder.config.read_text(encoding="utf-8") if folder.config.exists() else "",
        "config_path": folder.config.absolute(),
        "folder": folder.path.absolute(),
        "environment": read_environment(folder),
        "files": list(_files(folder.path))[:FILES],
    }


def read_config(folder: RunFolder) -> dict[str, object]:
    """Read the stored settings; none if the run failed before it stored them."""
    if not folder.config.exists():
        return {}
    config: dict[str, object] = yaml.safe_load(folder.config.read_text(encoding="utf-8"))
    return config


def _figures(folder: RunFolder) -> Iterator[Figure]:
    """Draw the insights; one that cannot be drawn is left out, with a warning."""
    for metadata, table in read_insights(folder):
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

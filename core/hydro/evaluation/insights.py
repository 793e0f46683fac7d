"""Keeps what explains a run's predictions: for every insight a table, and how to draw it."""

import dataclasses
import logging
from collections.abc import Iterator, Mapping

from hydro.artifacts.insight_files import write_insight
from hydro.artifacts.run_folder import RunFolder
from hydro.errors import PluginError
from hydro.plugins.attribution import attribute_errors
from hydro.plugins.builder import Builder
from hydro.plugins.charts import Chart, Finding
from hydro.plugins.components import Insight

logger = logging.getLogger(__name__)


def write_insights(builder: Builder, folder: RunFolder, material: Mapping[str, object]) -> None:
    """Build every insight from its share of the material; one that fails is left out, and named.

    A trained model is worth more than a picture of it, so no insight ends a run.
    """
    for place, insight in enumerate(builder.components("insight")):
        assert isinstance(insight, Insight)
        needed = ("predictions", "frame", *insight.inputs)
        try:
            given = {name: material[name] for name in needed}
            with attribute_errors(builder):
                found = builder.make(insight, **given)
                finding = found if isinstance(found, Finding) else Finding(found)
                _check(insight, finding)
        except Exception as error:
            kind = type(error).__name__
            logger.warning("insight '%s' is left out: %s: %s", insight.name, kind, error)
            logger.debug("insight '%s' failed", insight.name, exc_info=error)
            continue
        if finding.summary or not finding.table.empty:
            write_insight(folder, insight.name, finding.table, _metadata(place, insight, finding))


def _check(insight: Insight, finding: Finding) -> None:
    import pandas as pd

    fault = ("insight", insight.name)
    if not isinstance(finding.table, pd.DataFrame):
        msg = f"it gave {type(finding.table).__name__}, where a pandas.DataFrame is wanted"
        raise PluginError(msg, fault)
    missing = [each for each in _columns(insight.chart) if each not in finding.table]
    if missing and not finding.table.empty:
        msg = f"its {insight.chart.kind} needs the columns {', '.join(missing)}"
        raise PluginError(msg, fault)


def _columns(chart: Chart) -> Iterator[str]:
    """List the columns that a chart names."""
    for name, value in dataclasses.asdict(chart).items():
        # A histogram's y is words for its axis.
        if chart.kind == "histogram" and name == "y":
            continue
        yield from (each for each in ((value,) if isinstance(value, str) else value) if each)


def _metadata(place: int, insight: Insight, finding: Finding) -> dict[str, object]:
    return {
        "name": insight.name,
        "place": place,
        "title": insight.title or insight.name.replace("_", " ").capitalize(),
        "look": insight.caption,
        "said": list(finding.summary),
        "rows": len(finding.table),
        "chart": {"kind": insight.chart.kind, **dataclasses.asdict(insight.chart)},
    }

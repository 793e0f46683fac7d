"""The page of an experiment of several runs."""

import math
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from markupsafe import Markup

from hydro.artifacts.files import JsonObject
from hydro.artifacts.results import read_leaderboard
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import read_status
from hydro.evaluation.subsets import leaderboard_marks
from hydro.report.axes import Axis
from hydro.report.figure import Figure
from hydro.report.numbers import number
from hydro.report.picture import X_RANGE, Y_RANGE, Drawing, dot, plot
from hydro.report.run_page import head, read_config
from hydro.report.settings import flat_values, value_text

FACTS = ("state", "mean", "spread", "scores", "folds", "runs", "seconds")
"""Columns of a leaderboard beside the values that were tried."""
Row = JsonObject
"""A row of a leaderboard."""

MAX_RUNS = 200
"""Combinations that are listed and drawn at most."""
CHOICES = 12
"""Values of one setting that an axis shows at most."""


def experiment_page(folder: RunFolder) -> dict[str, object]:
    """Return the variables of the template of an experiment."""
    values = flat_values(read_config(folder))
    metric = str(values.get("prediction.metric", ""))
    rows = read_leaderboard(folder)
    names = list(dict.fromkeys(name for row in rows for name in row if name not in FACTS))
    return {
        **head(folder, values),
        "metric": metric,
        "names": names,
        "places": [_place(row, names) for row in rows[:MAX_RUNS]],
        "marks": leaderboard_marks(
            len(rows), trained_on=values.get("training.train_validation_data") is True
        ),
        "left_out": max(0, len(rows) - MAX_RUNS),
        "runs": [_run(run) for run in folder.runs[: 5 * MAX_RUNS]],
        "figures": list(_figures(rows[:MAX_RUNS], names, metric)),
    }


def _run(folder: RunFolder) -> dict[str, object]:
    status = read_status(folder)
    name = folder.name
    return {"name": name, "status": status, "link": f"runs/{quote(name)}/report.html"}


def _place(row: Row, names: Sequence[str]) -> dict[str, object]:
    values = {name: "" if name not in row else value_text(row[name]) for name in names}
    return {**{name: row[name] for name in FACTS}, "values": values}


def _figures(rows: Sequence[Row], names: Sequence[str], metric: str) -> Iterator[Figure]:
    """Draw the metric by fold and by each setting that was tried, for runs that have finished."""
    scored = [row for row in rows if any(score is not None for score in row["scores"])]
    if not scored:
        return
    folds = list(dict.fromkeys(str(fold) for row in scored for fold in row["folds"]))
    if len(folds) > 1:
        points = [
            (str(fold), score, _run_label(row, names))
            for row in scored
            for fold, score in zip(row["folds"], row["scores"], strict=True)
            if score is not None
        ]
        caption = "Where folds differ by more than combinations do, the order is noisy."
        yield Figure(f"{metric} by fold", caption, picture=_dots("fold", metric, points))
    for name in names:
        points = [
            (value_text(row[name]), score, _run_label(row, names))
            for row in scored
            if name in row
            for score in row["scores"]
            if score is not None
        ]
        if points:
            numeric = not any(math.isnan(number(value)) for value, _, _ in points)
            caption = "If the best value is at an end, try values beyond it." if numeric else ""
            yield Figure(f"{metric} by {name}", caption, picture=_dots(name, metric, points))


def _dots(label: str, metric: str, points: Sequence[tuple[str, float, str]]) -> Drawing:
    """Draw the scores of each value, and a line at their mean."""
    values = sorted({value for value, _, _ in points}, key=_order)
    shown = values[:CHOICES]
    x = Axis(label, -0.5, len(shown) - 0.5, *X_RANGE, names=tuple(shown))
    y = Axis.over("", [score for _, score, _ in points], Y_RANGE)
    marks = []
    for place, value in enumerate(shown):
        found = [(score, run) for each, score, run in points if each == value]
        mean = sum(score for score, _ in found) / len(found)
        marks.append(_mean(x.at(place), y.at(mean), mean))
        marks += [dot(x.at(place), y.at(score), "dot c0", run, 4) for score, run in found]
    drawing = plot(f"{metric} by {label}", x, y, marks)
    left_out = len(values) - len(shown)
    return Drawing(drawing, note=f"{left_out} more values are not drawn." if left_out else "")


def _mean(x: float, y: float, mean: float) -> Markup:
    return Markup(
        "<line class='line c1' x1='{:.1f}' x2='{:.1f}' y1='{:.1f}' y2='{:.1f}'>"
        "<title>mean {:.4f}</title></line>"
    ).format(x - 14, x + 14, y, y, mean)


def _run_label(row: Row, names: Sequence[str]) -> str:
    tried = [f"{name}={value_text(row[name])}" for name in names if name in row]
    return ", ".join(tried) or "all folds"


def _order(value: str) -> tuple[bool, float, str]:
    """Return a sort key: numbers by size, then other values by name."""
    found = number(value)
    return (True, 0.0, value) if math.isnan(found) else (False, found, value)

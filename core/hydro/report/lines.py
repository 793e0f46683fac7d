"""Line plots over the samples seen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hydro.report.axes import Axis
from hydro.report.picture import X_RANGE, Y_RANGE, Drawing, path, plot

POINTS = 600
"""Points of a line at most; more could not be distinguished."""

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Line:
    """A line: its name, its points, its color and whether it is drawn faintly."""

    name: str
    points: Points
    color: int = 0
    faint: bool = False


def draw_lines(
    lines: Sequence[Line],
    *,
    log: bool = False,
    zero: bool = False,
    level: tuple[float, str] | None = None,
) -> Drawing:
    """Draw lines over the samples seen, and a horizontal rule at ``level``."""
    points = [point for line in lines for point in line.points]
    x = Axis.over("samples seen", [seen for seen, _ in points], X_RANGE, zero=True)
    values = [value for _, value in points] + ([level[0]] if level else [])
    y = Axis.over("", values, Y_RANGE, log=log, zero=zero)
    marks = [_draw(line, x, y) for line in lines]
    if level and y.holds(level[0]):
        marks.append(_level(y.at(level[0]), level[1]))
    named = ", ".join(line.name for line in lines)
    title = f"{named} over samples seen. {_ends(lines[-1])}"
    legend = [(f"c{each.color}{' faint' if each.faint else ''}", each.name) for each in lines]
    return Drawing(plot(title, x, y, marks), tuple(legend))


def smoothed(points: Points) -> Points:
    """Average each value with those around it, a tenth of all together."""
    half = len(points) // 20
    return [
        (x, _mean([value for _, value in points[max(0, at - half) : at + half + 1]]))
        for at, (x, _) in enumerate(points)
    ]


def thinned(points: Points) -> Points:
    """Keep every n-th point, the first and the last among them, so that about 600 are left."""
    every = max(1, math.ceil(len(points) / POINTS))
    kept = list(points[::every])
    return kept if not points or kept[-1] == points[-1] else [*kept, points[-1]]


def _draw(line: Line, x: Axis, y: Axis) -> Markup:
    style = f"line c{line.color}{' faint' if line.faint else ''}"
    points = [(x.at(a), y.at(b)) for a, b in thinned(line.points) if y.holds(b)]
    return path(points, style) if points else Markup("")


def _level(y: float, label: str) -> Markup:
    left, right = X_RANGE
    return Markup(
        "<line class='mark' x1='{0}' x2='{1}' y1='{2:.1f}' y2='{2:.1f}'/>"
        "<text x='{1}' y='{3:.1f}' text-anchor='end'>{4}</text>"
    ).format(left, right, y, y - 4, label)


def _ends(line: Line) -> str:
    if not line.points:
        return ""
    return f"{line.name} goes from {line.points[0][1]:.4g} to {line.points[-1][1]:.4g}."


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)

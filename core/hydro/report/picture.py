"""SVG plots: axes, marks between them, and a legend."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hydro.report.axes import Axis

WIDTH = 640
MARGIN = 44
"""Pixels below the horizontal axis, for its numbers and its label."""
X_RANGE = (58.0, 618.0)
"""Pixels of the horizontal axis."""
Y_RANGE = (196.0, 12.0)
"""Pixels of the vertical axis; pixels count from the top."""
TALL_Y_RANGE = (412.0, 12.0)
"""Pixels of the vertical axis of a tall plot."""


@dataclass(frozen=True)
class Drawing:
    """A plot with its legend."""

    drawing: Markup
    legend: tuple[tuple[str, str], ...] = ()
    """The class of a color in the style sheet, and what it stands for."""
    note: str = ""
    """What the plot leaves out."""


def plot(title: str, x: Axis, y: Axis, marks: Iterable[Markup]) -> Markup:
    """Draw marks between two axes; ``title`` describes them for screen readers."""
    head = Markup("<svg viewBox='0 0 {} {}' role='img' aria-label='{}'>").format(
        WIDTH, int(y.start) + MARGIN, title
    )
    return Markup("").join([head, *_x_axis(x, y.start), *_y_axis(y), *marks, Markup("</svg>")])


def path(points: Sequence[tuple[float, float]], style: str) -> Markup:
    """Draw a line through points, in pixels."""
    if len(points) == 1:
        return dot(*points[0], style.replace("line", "dot"))
    steps = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return Markup("<polyline class='{}' points='{}'/>").format(style, steps)


def dot(x: float, y: float, style: str, tooltip: str = "", radius: float = 3) -> Markup:
    """Draw a point with a tooltip."""
    title = Markup("<title>{}</title>").format(tooltip) if tooltip else ""
    return Markup("<circle class='{}' cx='{:.1f}' cy='{:.1f}' r='{}'>{}</circle>").format(
        style, x, y, radius, title
    )


def vertical_rule(x: float, label: str) -> Markup:
    """Draw a labeled vertical line at a value of the horizontal axis."""
    low, high = Y_RANGE
    anchor, beside = ("end", x - 4) if x > sum(X_RANGE) / 2 else ("start", x + 4)
    return Markup(
        "<line class='mark' x1='{0:.1f}' x2='{0:.1f}' y1='{1}' y2='{2}'/>"
        "<text x='{3:.1f}' y='{4}' text-anchor='{5}'>{6}</text>"
    ).format(x, low, high, beside, high + 9, anchor, label)


def _x_axis(axis: Axis, low: float) -> Iterable[Markup]:
    yield Markup("<line class='axis' x1='{}' x2='{}' y1='{}' y2='{}'/>").format(*X_RANGE, low, low)
    for pixel, label in axis.ticks:
        yield Markup("<text x='{:.1f}' y='{}' text-anchor='middle'>{}</text>").format(
            pixel, low + 16, label
        )
    yield Markup("<text class='label' x='{}' y='{}' text-anchor='middle'>{}</text>").format(
        sum(X_RANGE) / 2, low + 36, axis.label
    )


def _y_axis(axis: Axis) -> Iterable[Markup]:
    left, right = X_RANGE
    for pixel, label in axis.ticks:
        yield Markup(
            "<line class='grid' x1='{0}' x2='{1}' y1='{2:.1f}' y2='{2:.1f}'/>"
            "<text x='{3}' y='{4:.1f}' text-anchor='end'>{5}</text>"
        ).format(left, right, pixel, left - 6, pixel + 4, label)
    name = Markup("<text class='label' transform='translate(12,{}) rotate(-90)' {}>{}</text>")
    yield name.format((axis.start + axis.end) / 2, Markup("text-anchor='middle'"), axis.label)

"""A picture: axes, what is drawn between them, and what its colors mean."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hydro.report.axes import Axis

WIDTH = 640
BELOW = 44
"""Pixels below the horizontal axis, for its numbers and its label."""
ACROSS = (58.0, 618.0)
"""Pixels of the horizontal axis."""
UPWARD = (196.0, 12.0)
"""Pixels of the vertical axis; pixels count from the top."""
TALL = (412.0, 12.0)
"""The same for a picture that needs room."""


@dataclass(frozen=True)
class Drawing:
    """Something drawn, with its legend."""

    drawing: Markup
    legend: tuple[tuple[str, str], ...] = ()
    """The class of a color in the style sheet, and what it stands for."""
    note: str = ""
    """What is not in the picture."""


def plot(title: str, x: Axis, y: Axis, marks: Iterable[Markup]) -> Markup:
    """Draw marks between two axes; ``title`` says in words what is seen."""
    head = Markup("<svg viewBox='0 0 {} {}' role='img' aria-label='{}'>").format(
        WIDTH, int(y.start) + BELOW, title
    )
    return Markup("").join([head, *_across(x, y.start), *_upward(y), *marks, Markup("</svg>")])


def path(points: Sequence[tuple[float, float]], style: str) -> Markup:
    """Draw a line through points, in pixels."""
    if len(points) == 1:
        return dot(*points[0], style.replace("line", "dot"))
    steps = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return Markup("<polyline class='{}' points='{}'/>").format(style, steps)


def dot(x: float, y: float, style: str, said: str = "", radius: float = 3) -> Markup:
    """Draw a point, with what is said while the mouse is over it."""
    told = Markup("<title>{}</title>").format(said) if said else ""
    return Markup("<circle class='{}' cx='{:.1f}' cy='{:.1f}' r='{}'>{}</circle>").format(
        style, x, y, radius, told
    )


def upright(x: float, label: str) -> Markup:
    """Mark a value of the horizontal axis."""
    low, high = UPWARD
    anchor, beside = ("end", x - 4) if x > sum(ACROSS) / 2 else ("start", x + 4)
    return Markup(
        "<line class='mark' x1='{0:.1f}' x2='{0:.1f}' y1='{1}' y2='{2}'/>"
        "<text x='{3:.1f}' y='{4}' text-anchor='{5}'>{6}</text>"
    ).format(x, low, high, beside, high + 9, anchor, label)


def _across(axis: Axis, low: float) -> Iterable[Markup]:
    yield Markup("<line class='axis' x1='{}' x2='{}' y1='{}' y2='{}'/>").format(*ACROSS, low, low)
    for pixel, label in axis.ticks:
        yield Markup("<text x='{:.1f}' y='{}' text-anchor='middle'>{}</text>").format(
            pixel, low + 16, label
        )
    yield Markup("<text class='label' x='{}' y='{}' text-anchor='middle'>{}</text>").format(
        sum(ACROSS) / 2, low + 36, axis.label
    )


def _upward(axis: Axis) -> Iterable[Markup]:
    left, right = ACROSS
    for pixel, label in axis.ticks:
        yield Markup(
            "<line class='grid' x1='{0}' x2='{1}' y1='{2:.1f}' y2='{2:.1f}'/>"
            "<text x='{3}' y='{4:.1f}' text-anchor='end'>{5}</text>"
        ).format(left, right, pixel, left - 6, pixel + 4, label)
    turned = Markup("<text class='label' transform='translate(12,{}) rotate(-90)' {}>{}</text>")
    yield turned.format((axis.start + axis.end) / 2, Markup("text-anchor='middle'"), axis.label)

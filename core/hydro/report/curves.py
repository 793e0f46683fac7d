"""Learning curves of a run: loss, validations, learning rate and gradient norm."""

from collections.abc import Iterator, Sequence

from hydro.artifacts.files import JsonObject
from hydro.report.figure import Figure
from hydro.report.lines import Line, Points, draw_lines, smoothed

Events = Sequence[JsonObject]


def curves(events: Events, metric: str, clip: float) -> Iterator[Figure]:
    """Draw the curves that a history has; ``clip`` is the largest gradient norm, 0 for none."""
    training = [each for each in events if each["event"] == "training"]
    if loss := _points(training, "loss"):
        lines = [Line("loss", loss, faint=True), Line("loss, smoothed", smoothed(loss))]
        caption = "A loss that rises or jumps at the end suggests a lower learning rate."
        yield Figure("Training loss", caption, picture=draw_lines(lines))
    validations = [each for each in events if each["event"] != "training"]
    if (scores := _points(validations, metric)) and len(scores) > 1:
        caption = (
            "The first point is the untrained model. A curve that still rises at the end suggests "
            "more epochs, one that falls fewer."
        )
        line = Line(f"validation {metric}", scores, color=1)
        yield Figure("Validation", caption, picture=draw_lines([line]))
    if rate := _points(training, "learning_rate"):
        line = Line("learning rate", rate, color=2)
        yield Figure("Learning rate", picture=draw_lines([line], zero=True))
    if norm := _points(training, "gradient_norm"):
        level = (clip, f"clipped at {clip:g}") if clip else None
        line = Line("gradient norm", norm, color=3)
        caption = "Peaks of ten times the usual norm suggest training.gradient_clip."
        picture = draw_lines([line], log=True, level=level)
        yield Figure("Gradient norm", caption, picture=picture)


def _points(events: Events, name: str) -> Points:
    """Return the values of a name by the samples seen; of several, the last."""
    found = {
        float(each["samples"]): float(each[name]) for each in events if each.get(name) is not None
    }
    return sorted(found.items())

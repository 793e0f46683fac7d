"""What stands in ``scores.json``, for people: the interval of a change, scores of subsets."""

from hydro.artifacts.files import JsonObject
from hydro.artifacts.results import TRAINED_ON, best_of, marks_of


def scored_apart(comparison: JsonObject) -> dict[str, dict[str, float]]:
    """Return the scores of the subsets that have rows, by their name for people.

    None where all rows are in the first subset: its score is that of the split.
    """
    # An earlier version did not list them; one without rows is null.
    names = comparison.get("subsets", [name for name in comparison if _is_subset(comparison[name])])
    found = [name for name in names if comparison[name]]
    if found == [*names[:1]]:
        return {}
    return {name.replace("_", " "): comparison[name] for name in found}


def describe_interval(comparison: JsonObject) -> str:
    """Describe the interval of the change, or why there is none."""
    if comparison["change_interval"] is None:
        return str(comparison["interval_note"])
    low, high = comparison["change_interval"]
    return f"95 % interval {low:+.4f} to {high:+.4f}, paired over rows"


def marks(comparison: JsonObject) -> list[str]:
    """Return the marks of the scores of a split, a sentence each."""
    return [f"{mark}: {why}" for mark, why in marks_of(comparison).items()]


def leaderboard_marks(combinations: int, *, trained_on: bool) -> list[str]:
    """Return the marks of the scores of a leaderboard; ``trained_on`` their rows, or not."""
    found = {"overstated": TRAINED_ON} if trained_on else {}
    if combinations > 1:
        found["selected"] = best_of(combinations)
    return marks(found)


def _is_subset(value: object) -> bool:
    return value is None or (
        isinstance(value, dict) and {"rows", "before", "after"} <= value.keys()
    )

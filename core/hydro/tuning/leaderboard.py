"""Leaderboard of a tuning: one row for each combination, with its scores over the folds."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hydro.tuning.plan import PlannedRun


@dataclass(frozen=True)
class RunResult:
    """A planned run and its result."""

    run: PlannedRun
    state: str
    """Of its status, but ``pruned`` if it was stopped because others did better."""
    score: float | None
    seconds: float
    message: str = ""
    """Why it ended as it did."""


@dataclass(frozen=True)
class LeaderboardEntry:
    """One combination of values."""

    values: tuple[tuple[str, object], ...]
    runs: tuple[str, ...]
    folds: tuple[str | None, ...]
    scores: tuple[float | None, ...]
    """Of each run; None if it did not finish."""
    seconds: float
    state: str
    """``finished``, or the state of the first run that did not finish."""

    @property
    def mean(self) -> float | None:
        """The mean score over folds; None unless all have one."""
        scores = [score for score in self.scores if score is not None]
        return statistics.fmean(scores) if len(scores) == len(self.scores) else None

    @property
    def spread(self) -> float | None:
        """The standard deviation over folds; None for a single one."""
        scores = [score for score in self.scores if score is not None]
        return statistics.stdev(scores) if len(scores) == len(self.scores) > 1 else None

    def __str__(self) -> str:
        """Describe the score and the values in one line."""
        spread = "" if self.spread is None else f" ±{self.spread:.4f}"
        score = self.state if self.mean is None else f"{self.mean:.4f}{spread}"
        return "  ".join([score, *(f"{name}={value}" for name, value in self.values)])

    def row(self) -> dict[str, object]:
        """Return its row of the leaderboard's files."""
        return {
            **{name: _plain(value) for name, value in self.values},
            "state": self.state,
            "mean": self.mean,
            "spread": self.spread,
            "scores": list(self.scores),
            "folds": list(self.folds),
            "runs": list(self.runs),
            "seconds": round(self.seconds, 1),
        }


def rank(finished: Iterable[RunResult], *, higher_is_better: bool) -> list[LeaderboardEntry]:
    """Sort the combinations, the best first and those that did not finish last."""
    groups: dict[str, list[RunResult]] = {}
    for each in finished:
        groups.setdefault(repr(each.run.values), []).append(each)
    entries = [_entry(group) for group in groups.values()]
    sign = -1 if higher_is_better else 1
    return sorted(entries, key=lambda entry: _key(entry, sign))


def _key(entry: LeaderboardEntry, sign: int) -> tuple[bool, float]:
    return entry.mean is None, 0.0 if entry.mean is None else sign * entry.mean


def _entry(group: Sequence[RunResult]) -> LeaderboardEntry:
    return LeaderboardEntry(
        values=tuple(group[0].run.values.items()),
        runs=tuple(each.run.name for each in group),
        folds=tuple(each.run.fold for each in group),
        scores=tuple(each.score for each in group),
        seconds=sum(each.seconds for each in group),
        state=next((each.state for each in group if each.score is None), "finished"),
    )


def _plain(value: object) -> object:
    """Convert a path to text, for JSON."""
    return str(value) if isinstance(value, Path) else value

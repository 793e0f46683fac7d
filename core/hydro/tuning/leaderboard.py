"""Which combination did best: one row each, with its scores over the folds."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydro.tuning.plan import PlannedRun


@dataclass(frozen=True)
class RunResult:
    """A planned run with what became of it."""

    run: PlannedRun
    state: str
    """As its status says, but ``pruned`` where it was stopped because others did better."""
    score: float | None
    seconds: float
    message: str = ""
    """Why it ended as it did."""


@dataclass(frozen=True)
class LeaderboardEntry:
    """One combination of searched values."""

    values: tuple[tuple[str, Any], ...]
    runs: tuple[str, ...]
    folds: tuple[str | None, ...]
    scores: tuple[float | None, ...]
    """Of each run; none for one that did not finish."""
    seconds: float
    state: str
    """Finished, or what became of the first run that did not."""

    @property
    def mean(self) -> float | None:
        """The mean score over folds, where all have one."""
        scores = [score for score in self.scores if score is not None]
        return statistics.fmean(scores) if len(scores) == len(self.scores) else None

    @property
    def spread(self) -> float | None:
        """The standard deviation over folds, of which there must be two."""
        scores = [score for score in self.scores if score is not None]
        return statistics.stdev(scores) if len(scores) == len(self.scores) > 1 else None

    def __str__(self) -> str:
        """Describe the score and the values in one line."""
        spread = "" if self.spread is None else f" ±{self.spread:.4f}"
        score = self.state if self.mean is None else f"{self.mean:.4f}{spread}"
        return "  ".join([score, *(f"{name}={value}" for name, value in self.values)])

    def row(self) -> dict[str, Any]:
        """Return what the leaderboard's files say of it."""
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
    """Order the combinations, the best first and those that did not finish last."""
    groups: dict[str, list[RunResult]] = {}
    for each in finished:
        groups.setdefault(repr(each.run.values), []).append(each)
    places = [_entry(group) for group in groups.values()]
    sign = -1 if higher_is_better else 1
    return sorted(places, key=lambda place: _key(place, sign))


def _key(place: LeaderboardEntry, sign: int) -> tuple[bool, float]:
    return place.mean is None, 0.0 if place.mean is None else sign * place.mean


def _entry(group: Sequence[RunResult]) -> LeaderboardEntry:
    return LeaderboardEntry(
        values=tuple(group[0].run.values.items()),
        runs=tuple(each.run.name for each in group),
        folds=tuple(each.run.fold for each in group),
        scores=tuple(each.score for each in group),
        seconds=sum(each.seconds for each in group),
        state=next((each.state for each in group if each.score is None), "finished"),
    )


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    return str(value) if isinstance(value, Path) else value

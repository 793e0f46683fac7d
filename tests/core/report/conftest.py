"""What tests of the report share: a folder that a run has left, and a way to read pages."""

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

from hydro.artifacts.files import write_text
from hydro.artifacts.results import write_environment, write_scores
from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, write_status

CONFIG = """\
experiment_name: calm-bay
problem_type: linear_regression
dataset: {train_dataframe: /rows.csv, text_column: text, label_columns: words}
training: {learning_rate: 0.5, epochs: 3, gradient_clip: 2.0}
prediction: {metric: MAE, tolerance: 0.5}
environment: {seed: 7}
"""
SPLIT = {
    "metric": "MAE",
    "verdict": "better",
    "before": 2.0,
    "after": 0.5,
    "change": -1.5,
    "change_interval": [-1.75, -1.25],
    "rows": 40,
    "rows_left_out": 3,
    "left_out_because": "no number",
    "subsets": ["seen_classes", "unseen_classes"],
    "seen_classes": {"rows": 30, "before": 2.0, "after": 0.25},
    "unseen_classes": {"rows": 10, "before": 2.0, "after": 1.25},
    "metrics": {
        "MAE": {"before": 2.0, "after": 0.5},
        "Within tolerance": {"before": 0.0, "after": 0.75},
    },
}


@dataclass
class Page(HTMLParser):
    """A page that has been read: its elements, and its text."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        """All that is written on the page."""
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of all elements of this name."""
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def read() -> Callable[[str], Page]:
    """Read a page."""

    def parse(html: str) -> Page:
        page = Page()
        page.feed(html)
        return page

    return parse


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """What a run of 64 samples has left."""
    run = RunFolder.create(tmp_path / "runs", "calm-bay")
    write_text(run.config, CONFIG)
    run.history.record("before training", {"samples": 0, "MAE": 2.0})
    for update in range(1, 9):
        rate = 0.5 * (1 - update / 8)
        figures = {"loss": 4.0 / update, "learning_rate": rate, "gradient_norm": 3.0 / update}
        run.history.record("training", {"samples": 8 * update, **figures})
        if update % 4 == 0:
            run.history.record("validation", {"samples": 8 * update, "MAE": 2.0 / update})
    run.history.record("after training", {"samples": 64, "MAE": 0.5})
    write_scores(run, {"validation": SPLIT})
    write_environment(run, {"torch": "2.13.0", "device": "cpu"})
    write_status(run, Status("finished", seconds=12.34))
    (run.path / "log.txt").write_text(
        "2026-01-01 10:00:00,000 INFO begun\n"
        "2026-01-01 10:00:01,000 WARNING half of the <labels> are rare\nand a second line\n"
    )
    return run

"""A problem type whose predictions are a dict."""

from pathlib import Path
from typing import Any

from hydro.api import Columns, Problem, Settings, TrainedArtifacts


class Wrong(Problem[Settings]):
    name = "wrong"
    title = "Wrong"
    settings = Settings

    def columns(self, settings: Settings) -> Columns:
        return Columns((), ())

    def predict(self, settings: Settings, **given: Any) -> dict[str, float]:
        return {}

    def save(self, settings: Settings, *, trained: TrainedArtifacts, folder: Path) -> None:
        folder.mkdir()

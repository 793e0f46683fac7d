"""A problem type whose columns are a list."""

from pathlib import Path
from typing import Any

from hydro.api import Predictions, Problem, Settings, TrainedArtifacts


class Wrong(Problem[Settings]):
    name = "wrong"
    title = "Wrong"
    settings = Settings

    def columns(self, settings: Settings) -> list[str]:
        return ["text"]

    def predict(self, settings: Settings, **given: Any) -> Predictions:
        return Predictions({})

    def save(self, settings: Settings, *, trained: TrainedArtifacts, folder: Path) -> None:
        folder.mkdir()

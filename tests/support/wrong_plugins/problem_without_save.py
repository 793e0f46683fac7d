"""A problem type that is not finished."""

from typing import Any

from hydro.api import Columns, Predictions, Problem, Settings


class Unfinished(Problem[Settings]):
    name = "unfinished"
    title = "Unfinished"
    settings = Settings

    def columns(self, settings: Settings) -> Columns:
        return Columns((), ())

    def predict(self, settings: Settings, **given: Any) -> Predictions:
        return Predictions({})


PROBLEM = Unfinished()

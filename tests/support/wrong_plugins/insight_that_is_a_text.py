"""A builder of an insight that returns a text."""

from pandas import DataFrame

from hydro.api import Insight, Predictions, Settings


def build(settings: Settings, *, predictions: Predictions, frame: DataFrame) -> str:
    return "all is well"


INSIGHTS = [Insight("wrong", build)]

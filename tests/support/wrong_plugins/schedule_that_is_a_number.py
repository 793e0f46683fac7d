"""A builder of a schedule that returns a number."""

from hydro.api import Schedule, Settings


def build(settings: Settings, *, steps: int, warmup: int) -> float:
    return 1.0


SCHEDULES = [Schedule("Wrong", build)]

"""Axes of a plot: positions of values, and ticks."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from hydro.report.numbers import format_number, truncate

MAX_TICKS = 6
"""Ticks of an axis, about."""


@dataclass(frozen=True)
class Axis:
    """Values from ``low`` to ``high`` on the pixels from ``start`` to ``end``."""

    label: str
    low: float
    high: float
    start: float
    end: float
    log: bool = False
    names: tuple[str, ...] = ()
    """Labels at 0, 1, 2 and so on; none for an axis of numbers."""

    @classmethod
    def over(
        cls,
        label: str,
        values: Iterable[float],
        pixels: tuple[float, float],
        *,
        log: bool = False,
        zero: bool = False,
    ) -> Self:
        """Create an axis for a range of values, with ``zero`` from 0 on."""
        found = [value for value in values if math.isfinite(value) and (value > 0 or not log)]
        found += [0.0] if zero else []
        low, high = (min(found), max(found)) if found else (1.0, 2.0)
        if low == high:
            around = abs(low or 1) / 2
            low, high = (low / 2, high * 2) if log else (low - around, high + around)
        if not zero and not log:
            low, high = low - (high - low) * 0.04, high + (high - low) * 0.04
        return cls(label, low, high, *pixels, log)

    def at(self, value: float) -> float:
        """Return the pixel of a value."""
        low, high, here = self.low, self.high, value
        if self.log:
            low, high, here = math.log10(low), math.log10(high), math.log10(value)
        return self.start + (here - low) / (high - low) * (self.end - self.start)

    def holds(self, value: float) -> bool:
        """Return whether a value can be drawn on the axis."""
        return math.isfinite(value) and (value > 0 or not self.log)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Return the pixel and the label of each tick."""
        if self.names:
            return [(self.at(place), truncate(name, 16)) for place, name in enumerate(self.names)]
        values = self._powers() if self.log else self._steps()
        return [(self.at(value), format_number(value)) for value in values]

    def _steps(self) -> list[float]:
        """Return multiples of 1, 2 or 5 times a power of ten."""
        rough = (self.high - self.low) / MAX_TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * each for each in (1, 2, 5, 10) if power * each >= rough * (1 - 1e-9))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(each * step, 12) for each in range(first, last + 1)]

    def _powers(self) -> list[float]:
        """Return powers of ten; with few of them, 2 and 5 times those as well."""
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        every = max(1, math.ceil((last - first) / MAX_TICKS))
        factors = (1, 2, 5) if last - first <= 2 else (1,)
        values = [f * 10.0**power for power in range(first, last + 1, every) for f in factors]
        return [v for v in values if self.low * (1 - 1e-9) <= v <= self.high * (1 + 1e-9)]

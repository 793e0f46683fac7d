"""Formats of numbers and texts in a report."""

import math

from markupsafe import Markup, escape

SHOWN = 300
"""Characters of a text that a table shows; the files have all of them."""


def format_number(value: float) -> str:
    """Format a number beside an axis: ``10,000``, ``0.25``, ``1e-5``."""
    if value and not 1e-3 <= abs(value) < 1e6:
        mantissa, _, exponent = f"{value:.3e}".partition("e")
        return f"{float(mantissa):g}e{int(exponent)}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def truncate(text: str, longest: int = SHOWN) -> str:
    """Cut off the end of a long text, earlier where characters take more than two bytes."""
    if len(text) > longest // 2 and len(escape(text[:longest]).encode()) > 2 * longest:
        longest //= 2
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def breakable(text: str) -> Markup:
    """Allow a line break after each underscore of a name."""
    return escape(text).replace("_", Markup("_<wbr>"))


def number(text: str) -> float:
    """Parse a finite number; NaN for any other text."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan

"""Durations and sizes as people read them."""


def format_duration(seconds: float) -> str:
    """Format a duration in seconds, minutes, hours or days: ``0.4 s``, ``99 s``, ``2.5 h``."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{_short(seconds / size)} {unit}"
    return f"{_short(seconds)} s"


def format_bytes(size: float) -> str:
    """Format a number of bytes in a binary unit: ``20 B``, ``12 MiB``, ``1.5 GiB``."""
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{_short(size)} {unit}"
        size /= 1024
    return f"{_short(size)} GiB"


def _short(value: float) -> str:
    """Format with one decimal where it tells something."""
    return f"{value:,.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")

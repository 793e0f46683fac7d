"""Reads what H2O Hydrogen Torch exports, where it differs from hydro's own files."""

from typing import Any

EMPTY_SECTIONS = ("augmentation",)
"""Sections of the reference system that hold nothing for texts."""


def without_empty_sections(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out sections that the reference system exports empty for every text experiment."""
    return {key: each for key, each in values.items() if each or key not in EMPTY_SECTIONS}

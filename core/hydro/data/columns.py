"""The columns of a table that a problem reads."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Columns:
    """The columns of the user's table that a problem reads."""

    inputs: tuple[str, ...]
    """Inputs of the model. A row in which all are missing or blank is dropped."""
    targets: tuple[str, ...]
    """What it learns to predict. A row that lacks one is dropped; a test table may lack them."""
    normalize_targets: bool = False
    """Whether targets are taken for the same that differ only in how they are spelled."""

"""What the tests of training share: settings of a training, and a small regression."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from hydro_linear_regression.letters import LetterCounts

from hydro.settings.sections import TrainingSection

Training = Callable[..., TrainingSection]


@pytest.fixture(scope="session")
def training() -> Training:
    """Make the settings of a training: one epoch of small batches unless told otherwise."""

    def make(**changes: Any) -> TrainingSection:
        return TrainingSection(**{"loss_function": "any", "epochs": 1, "batch_size": 2, **changes})

    return make


@pytest.fixture
def rows() -> LetterCounts:
    """Sixteen rows of ten numbers, with a number to predict."""
    generator = torch.Generator().manual_seed(5)
    inputs = torch.randn(16, 10, generator=generator)
    targets = inputs @ torch.randn(10, generator=generator)
    return LetterCounts(inputs.numpy(), targets.numpy())


@dataclass
class History:
    """Keeps what the loop records."""

    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __call__(self, event: str, values: Mapping[str, Any]) -> None:
        self.events.append((event, dict(values)))

    def figures(self, name: str) -> list[Any]:
        """Return one figure of every event."""
        return [values[name] for _, values in self.events]


@pytest.fixture
def history() -> History:
    """A history that is still empty."""
    return History()

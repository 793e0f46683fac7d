"""What tests of a server share: the linear regression, asked for the letters of a text."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hydro_linear_regression.letters import count_letters
from starlette.testclient import TestClient

from hydro.artifacts.run_folder import RunFolder
from hydro.inference.trained_model import open_trained
from hydro.plugins.inference import Retrieval
from hydro.plugins.retrieval import Hit
from hydro.serving.app import make_app
from hydro.serving.model_service import ModelService

HERE = "http://127.0.0.1:8000"


def embed_letters(settings: Any, *, frame: pd.DataFrame, **others: Any) -> Any:
    """Give the direction of the letter counts, and the number of words."""
    counts = count_letters(frame["text"].tolist())
    with np.errstate(invalid="ignore"):
        directions = counts / np.linalg.norm(counts, axis=1, keepdims=True)
    return directions, np.array([len(text.split()) for text in frame["text"]])


@dataclass(frozen=True)
class Alphabet:
    """Finds the texts that follow in the alphabet."""

    texts: tuple[str, ...] = ("a", "m", "z")
    facts: Mapping[str, Any] = field(default_factory=dict)

    def search(self, queries: pd.DataFrame, k: int) -> list[list[Hit]]:
        """Give the hits of each query."""
        return [self._hits(text)[:k] for text in queries["text"]]

    def _hits(self, text: str) -> list[Hit]:
        later = [(row, each) for row, each in enumerate(self.texts) if each > text]
        return [Hit(row, 0.5, each, None, True) for row, each in later]

    def save(self, folder: Path) -> None:
        """Write nothing."""


@pytest.fixture(scope="session")
def made() -> list[ModelService]:
    """The model, once a test has needed it."""
    return []


@pytest.fixture
def served(word_count: Any, change: Any, made: list[ModelService]) -> ModelService:
    """The linear regression with embeddings and a gallery."""
    if not made:
        inference = change(
            word_count.problem.inference,
            bases=(Retrieval,),
            retrieve=None,
            build_index=None,
            open_index=None,
            embed=embed_letters,
        )
        problem = change(word_count.problem, inference=inference)
        able = dataclasses.replace(word_count.replacing(problem), problem=problem)
        trained = open_trained(RunFolder(able.run().folder), able.registry)
        made.append(ModelService("letters", 1700000000, trained, 10, Alphabet()))
    return made[0]


@pytest.fixture
def client(served: ModelService) -> Iterator[TestClient]:
    """Asks a server in this process."""
    with TestClient(make_app(served), base_url=HERE) as client:
        yield client

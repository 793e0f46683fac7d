"""What tests of search share: texts embedded by the letters that they have."""

import string
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

Embed = Callable[[pd.DataFrame], NDArray[np.float32]]


@pytest.fixture(scope="session")
def embed_letters() -> Embed:
    """Embed the column ``text`` by how often each letter occurs, with length 1."""

    def embed(frame: pd.DataFrame) -> NDArray[np.float32]:
        counts = [[text.count(letter) for letter in string.ascii_lowercase] for text in frame.text]
        vectors = np.array(counts, np.float32).reshape(len(frame), 26) + np.float32(0.01)
        found: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return found

    return embed

"""A trained model as requests ask it: texts in, embeddings or neighbors out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from starlette.exceptions import HTTPException

from hydro.inference.trained_model import TrainedModel
from hydro.plugins.retrieval import Index, Kind
from hydro.serving.batching import Row

RawRow = Sequence[str | dict[str, str]]


@dataclass(frozen=True)
class Query:
    """What is asked of a batch of texts."""

    neighbors: int | None = None
    """How many of each; None for the embeddings."""


@dataclass(frozen=True)
class Vector:
    """What a model says of one text."""

    values: NDArray[np.float32]
    """``(size,)``, of length 1."""
    tokens: int


@dataclass(frozen=True)
class ModelService:
    """A model, and the index of a gallery where there is one."""

    name: str
    created: int
    """When the run ended, in seconds since 1970."""
    trained: TrainedModel
    index: Index | None = None

    def rows(self, texts: RawRow, field: str = "texts") -> list[Row]:
        """Return the columns of each text that was sent.

        Raises:
            HTTPException: 422, a text is blank, or its columns are not those of the model.
        """
        return [self._row(text, f"{field}[{place}]") for place, text in enumerate(texts)]

    def run(self, question: Query, rows: list[Row]) -> Sequence[Any]:
        """Answer a batch: a `Vector` a row, or a list of hits."""
        frame = pd.DataFrame(rows, dtype="str")
        if question.neighbors is not None:
            assert self.index, "nobody is asked for neighbors without a gallery"
            return self.index.search(frame, question.neighbors)
        vectors, tokens = self.trained.embed(frame)
        return [Vector(*each) for each in zip(vectors, tokens.tolist(), strict=True)]

    def _row(self, text: str | dict[str, str], place: str) -> Row:
        names = self.trained.columns.inputs
        if isinstance(text, str):
            if len(names) > 1:
                asked = ", ".join(f'"{name}": "…"' for name in names)
                raise HTTPException(422, f"{place}: this model reads columns; send {{{asked}}}")
            row = {names[0]: text}
        elif not text.keys() <= set(names):
            known = ", ".join(names)
            raise HTTPException(422, f"{place}: an unknown column; there is: {known}")
        else:
            row = {name: text.get(name, "") for name in names}
        if not any(value.strip() for value in row.values()):
            raise HTTPException(422, f"{place}: the text is blank")
        return row


def open_model_service(
    name: str, trained: TrainedModel, gallery: str | None, kind: Kind
) -> ModelService:
    """Make an opened model ready to be asked, with the index of a gallery where one is named.

    Raises:
        SettingsError: the problem gives no embeddings, or compares no rows.
        DataError: the gallery cannot be read.
    """
    index = trained.open_index(trained.gallery(gallery), kind) if gallery else None
    scores = trained.folder.path / "scores.json"
    served = ModelService(name, int(scores.stat().st_mtime), trained, index)
    # What is prepared at the first call is not left to the first request.
    served.run(Query(), [dict.fromkeys(trained.columns.inputs, "a")])
    return served

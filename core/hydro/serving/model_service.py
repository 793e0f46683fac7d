"""A trained model as a service: texts in, embeddings or neighbors out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from starlette.exceptions import HTTPException

from hydro.data.text_input.encoding import InputError, check_text, is_blank
from hydro.inference.trained_model import TrainedModel
from hydro.plugins.retrieval import Hit, Index, Kind
from hydro.serving.batching import Query, Row

RawRow = Sequence[str | dict[str, str]]


@dataclass(frozen=True)
class Vector:
    """The embedding of one text."""

    values: NDArray[np.float32]
    """``(size,)``, of unit length."""
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

    def run(self, query: Query, rows: list[Row]) -> Sequence[Vector] | Sequence[Sequence[Hit]]:
        """Compute a `Vector` or a list of hits for each row."""
        frame = pd.DataFrame(rows, dtype="str")
        if query.neighbors is not None:
            assert self.index, "requests for neighbors need a gallery"
            return self.index.search(frame, query.neighbors)
        vectors, tokens = self.trained.embed(frame)
        return [Vector(*each) for each in zip(vectors, tokens.tolist(), strict=True)]

    def _row(self, text: str | dict[str, str], place: str) -> Row:
        names = self.trained.columns.inputs
        if isinstance(text, str):
            if len(names) > 1:
                example = ", ".join(f'"{name}": "…"' for name in names)
                raise HTTPException(422, f"{place}: this model reads columns; send {{{example}}}")
            row = {names[0]: text}
        elif not text.keys() <= set(names):
            known = ", ".join(names)
            raise HTTPException(422, f"{place}: unknown column; available: {known}")
        else:
            row = {name: text.get(name, "") for name in names}
        if all(map(is_blank, row.values())):
            raise HTTPException(422, f"{place}: the text is blank")
        try:
            for value in row.values():
                check_text(place, value)
        except InputError as error:
            raise HTTPException(422, str(error)) from None
        return row


def open_model_service(
    name: str, trained: TrainedModel, gallery: str | None, kind: Kind
) -> ModelService:
    """Prepare a trained model for requests, with the index of a gallery if one is given.

    Raises:
        SettingsError: the problem gives no embeddings, or compares no rows.
        DataError: the gallery cannot be read.
    """
    index = trained.open_index(trained.gallery(gallery), kind) if gallery else None
    scores = trained.folder.path / "scores.json"
    served = ModelService(name, int(scores.stat().st_mtime), trained, index)
    # Warm up, so that the first request is not slower than others.
    served.run(Query(), [dict.fromkeys(trained.columns.inputs, "a")])
    return served

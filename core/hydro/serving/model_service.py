"""A trained model as a service: texts in, embeddings or neighbors out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hydro.data.text_input.encoding import InputError, check_text, is_blank
from hydro.inference.trained_model import TrainedModel
from hydro.plugins.retrieval import Hit, Index, Kind
from hydro.serving.batching import Query, Row
from hydro.serving.errors import InvalidRequest
from hydro.serving.limits import Limits

DEFAULT_LIMITS = Limits()

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
    size: int
    """Of an embedding."""
    index: Index | None = None

    def rows(
        self, texts: RawRow, field: str = "texts", limits: Limits = DEFAULT_LIMITS
    ) -> list[Row]:
        """Return the columns of each text that was sent.

        Raises:
            InvalidRequest: there are too many, or one is too long, is blank or has columns that
                are not those of the model.
        """
        if len(texts) > limits.texts:
            told = f"{len(texts):,} texts, where a request has at most {limits.texts:,}"
            raise InvalidRequest(field, told)
        return [self._row(text, field, item, limits) for item, text in enumerate(texts)]

    def run(self, query: Query, rows: list[Row]) -> Sequence[Vector] | Sequence[Sequence[Hit]]:
        """Compute a `Vector` or a list of hits for each row."""
        frame = pd.DataFrame(rows, dtype="str")
        if query.neighbors is not None:
            assert self.index, "requests for neighbors need a gallery"
            return self.index.search(frame, query.neighbors)
        vectors, tokens = self.trained.embed(frame)
        return [Vector(*each) for each in zip(vectors, tokens.tolist(), strict=True)]

    def _row(self, text: str | dict[str, str], field: str, item: int, limits: Limits) -> Row:
        names = self.trained.columns.inputs
        if isinstance(text, str):
            if len(names) > 1:
                example = ", ".join(f'"{name}": "…"' for name in names)
                told = f"this model reads columns; send {{{example}}}"
                raise InvalidRequest(field, told, item=item)
            row = {names[0]: text}
        elif not text.keys() <= set(names):
            told = f"unknown column; available: {', '.join(names)}"
            raise InvalidRequest(field, told, item=item)
        else:
            row = {name: text.get(name, "") for name in names}
        longest = max(map(len, row.values()))
        if longest > limits.characters:
            told = f"{longest:,} characters, where a text has at most {limits.characters:,}"
            raise InvalidRequest(field, told, item=item)
        if all(map(is_blank, row.values())):
            raise InvalidRequest(field, "the text is blank", item=item)
        try:
            for value in row.values():
                check_text("", value)
        except InputError as error:
            raise InvalidRequest(field, str(error).removeprefix(": "), item=item) from None
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
    # This warms up too, so that the first request is not slower than others.
    row = dict.fromkeys(trained.columns.inputs, "a")
    embeddings, _ = trained.embed(pd.DataFrame([row], dtype="str"))
    size = embeddings.shape[1]
    return ModelService(name, int(scores.stat().st_mtime), trained, size, index)

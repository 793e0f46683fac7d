"""The schemas of OpenAI's embeddings API, so that its clients can use this server."""

import base64
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, Field

from hydro.serving.schemas import NOT_TEXT, Request, check_texts, text_error


def _check_input(value: object) -> object:
    """Refuse what is neither a text nor a list of texts, in one sentence.

    Raises:
        PydanticCustomError: ``item`` in its context is the place in the list.
    """
    if isinstance(value, str):
        return value
    for item, each in enumerate(value if isinstance(value, list) else []):
        if isinstance(each, dict):
            raise text_error(NOT_TEXT, item)
    return check_texts(value)


Input = Annotated[str | list[str], BeforeValidator(_check_input)]


class EmbeddingsRequest(Request):
    """Texts to embed."""

    input: Input = Field(description="Texts; lists of tokens are not supported.")
    model: str = Field(description="A name from /v1/models.")
    encoding_format: Literal["float", "base64"] = Field(
        "float", description="base64 encodes the bytes of little-endian float32."
    )
    dimensions: int | None = Field(None, description="The size of an embedding, or null.")
    user: str | None = Field(None, description="Ignored.")


class Embedding(BaseModel):
    """The embedding of one text."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class Usage(BaseModel):
    """The number of tokens, with special tokens and after truncation."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingsResponse(BaseModel):
    """The embeddings of texts, in their order."""

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: Usage


class ModelEntry(BaseModel):
    """A model that is served."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: Literal["hydro"] = "hydro"


class Models(BaseModel):
    """The models that are served: one."""

    object: Literal["list"] = "list"
    data: list[ModelEntry]


def encode(vector: NDArray[np.float32], encoding: str) -> list[float] | str:
    """Encode an embedding ``(size,)`` as numbers, or as the base64 of its bytes."""
    if encoding == "base64":
        return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")
    numbers: list[float] = vector.tolist()
    return numbers

"""Requests and responses, as in the OpenAPI schema."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from hydro.plugins.retrieval import Hit
from hydro.serving.limits import Limits

LIMITS = Limits()

Value = Annotated[str, Field(max_length=LIMITS.characters)]
Texts = Annotated[
    list[Value | dict[str, Value]],
    Field(
        min_length=1,
        max_length=LIMITS.texts,
        description="Each a text, or its columns by name if the model reads several.",
        examples=[["a text", "another"]],
    ),
]


class Request(BaseModel):
    """A request; no further fields, and no values of other types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class EmbedRequest(Request):
    """Texts to embed."""

    texts: Texts


class EmbedResponse(BaseModel):
    """The embeddings of texts, of unit length, in their order."""

    model: str
    embeddings: list[list[float]]


class SearchRequest(Request):
    """Texts to find the neighbors of."""

    texts: Texts
    k: int = Field(5, ge=1, le=LIMITS.hits, description="Number of neighbors of each.")


class SearchResponse(BaseModel):
    """The neighbors of each text, the most similar first."""

    model: str
    hits: list[list[Hit]]


class ErrorDetail(BaseModel):
    """Why a request failed."""

    message: str
    type: Literal["invalid_request_error", "server_error"]
    param: None
    code: None


class ErrorResponse(BaseModel):
    """The response to a request that failed."""

    error: ErrorDetail


class Health(BaseModel):
    """Whether the server is running, or ready."""

    status: str

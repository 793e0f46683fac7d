"""Requests and responses, as in the OpenAPI schema."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from hydro.plugins.retrieval import Hit

Text = str | dict[str, str]
"""A text, or its columns by name."""

LISTS_OF_TOKENS = (
    "lists of tokens are not supported; send texts "
    "(LangChain: OpenAIEmbeddings(check_embedding_ctx_length=False))"
)

NOT_TEXT = "not a text"


def check_texts(value: object) -> object:
    """Refuse what is no list of texts, in one sentence.

    pydantic would report every member of a union for every item.

    Raises:
        PydanticCustomError: ``item`` in its context is the place in the list.
    """
    if message := _shape_error(value):
        raise text_error(message)
    for item, each in enumerate(value if isinstance(value, list) else []):
        columns = each.items() if isinstance(each, dict) else [("", each)]
        if not all(isinstance(text, str) for pair in columns for text in pair):
            raise text_error(NOT_TEXT, item)
    return value


def text_error(message: str, item: int | None = None) -> PydanticCustomError:
    """Return the error of a list of texts, or of an item of it."""
    return PydanticCustomError("texts", "{message}", {"message": message, "item": item})


def _shape_error(value: object) -> str | None:
    if not isinstance(value, list):
        return "not a list of texts"
    if not value:
        return "an empty list; send at least one text"
    tokens = all(isinstance(each, int | list) for each in value)
    return LISTS_OF_TOKENS if tokens else None


Texts = Annotated[
    list[Text],
    BeforeValidator(check_texts),
    Field(
        min_length=1,
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
    k: int = Field(5, ge=1, description="Number of neighbors of each.")


class SearchResponse(BaseModel):
    """The neighbors of each text, the most similar first."""

    model: str
    hits: list[list[Hit]]


class ClassifyRequest(Request):
    """Texts to predict the labels of."""

    texts: Texts
    k: int = Field(5, ge=1, description="Number of neighbors that vote.")


class Prediction(BaseModel):
    """The label that the neighbors of a text vote for."""

    label: str | None
    """None where no neighbor has a label."""
    confidence: float | None
    """The share of the vote, from 0 to 1."""


class ClassifyResponse(BaseModel):
    """The predicted label of each text, in their order."""

    model: str
    predictions: list[Prediction]


class ErrorDetail(BaseModel):
    """Why a request failed."""

    message: str
    type: Literal["invalid_request_error", "server_error"]
    param: str | None
    """The field that is wrong."""
    code: None


class ErrorResponse(BaseModel):
    """The response to a request that failed."""

    error: ErrorDetail


class ServedModel(BaseModel):
    """The model that is served, and what a request may hold."""

    name: str
    columns: list[str]
    """That a text is made of."""
    embedding_size: int
    gallery: bool
    """Whether there are rows to compare with."""
    gallery_rows: int | None
    max_texts: int
    max_characters: int
    max_neighbors: int


class Health(BaseModel):
    """Whether the server is running, or ready."""

    status: str

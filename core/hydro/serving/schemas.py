"""What is sent and what is answered, as the OpenAPI schema tells it."""

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
        description="Each a text, or its columns by name where the model reads several.",
        examples=[["a text", "another"]],
    ),
]


class Asked(BaseModel):
    """What is sent; nothing besides, and no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Embed(Asked):
    """Texts to embed."""

    texts: Texts


class Embedded(BaseModel):
    """The embeddings of texts, of length 1, in their order."""

    model: str
    embeddings: list[list[float]]


class Similar(Asked):
    """Texts to find the neighbours of."""

    texts: Texts
    k: int = Field(5, ge=1, le=LIMITS.hits, description="Neighbours of each.")


class Found(BaseModel):
    """The neighbours of each text, the most similar first."""

    model: str
    hits: list[list[Hit]]


class Fault(BaseModel):
    """What is wrong with a request."""

    message: str
    type: Literal["invalid_request_error", "server_error"]
    param: None
    code: None


class Refused(BaseModel):
    """A request that was refused."""

    error: Fault


class Alive(BaseModel):
    """That the server is there, or ready."""

    status: str

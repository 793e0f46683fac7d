"""The routes of a server."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import cast

import numpy as np
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from hydro.errors import DataError
from hydro.plugins.retrieval import Hit
from hydro.serving import openai, schemas
from hydro.serving.batching import Batcher, BatcherClosed, Query, QueueFull, Row
from hydro.serving.errors import RETRY_AFTER, error_response, first_error
from hydro.serving.limits import Limits
from hydro.serving.metrics import Metrics
from hydro.serving.middleware import RequestMiddleware
from hydro.serving.model_service import ModelService, Vector

PROMETHEUS = "text/plain; version=1.0.0; charset=utf-8"


class Service:
    """Answers requests with a model that runs in one thread."""

    def __init__(self, served: ModelService, limits: Limits, metrics: Metrics) -> None:
        """Start the thread."""
        self.served, self.limits = served, limits
        self.batcher = Batcher(
            served.run,
            texts=limits.batch_texts,
            waiting=limits.waiting,
            seconds=limits.max_batch_wait,
            on_batch=metrics.batch,
        )
        metrics.follow(lambda: self.batcher.waiting)

    async def embed(self, rows: list[Row]) -> list[Vector]:
        """Embed some texts.

        Raises:
            HTTPException: the queue is full, or a text has no embedding.
        """
        vectors = cast(list[Vector], list(await self._run(Query(), rows)))
        if not all(np.isfinite(each.values).all() for each in vectors):
            raise HTTPException(422, "the model computes no finite embedding for one of the texts")
        return vectors

    async def search(self, rows: list[Row], k: int) -> Sequence[Sequence[Hit]]:
        """Find the neighbors of some texts.

        Raises:
            HTTPException: the queue is full, or there is no gallery.
        """
        if self.served.index is None:
            raise HTTPException(404, "no gallery; start hydro serve with --gallery")
        return cast(Sequence[Sequence[Hit]], await self._run(Query(k), rows))

    async def _run(self, query: Query, rows: list[Row]) -> Sequence[object]:
        try:
            future = asyncio.wrap_future(self.batcher.submit(query, rows))
            # On a timeout the request is canceled, and skipped if its batch has not started.
            return await asyncio.wait_for(future, self.limits.answer_seconds)
        except QueueFull:
            raise HTTPException(503, "the queue is full; try again", RETRY_AFTER) from None
        except TimeoutError:
            raise HTTPException(503, "the request timed out; try again", RETRY_AFTER) from None
        except BatcherClosed:
            raise HTTPException(503, "the server is shutting down", RETRY_AFTER) from None
        except DataError:
            raise HTTPException(422, "one of the texts cannot be read") from None


def make_app(
    served: ModelService, *, limits: Limits | None = None, token: str | None = None
) -> FastAPI:
    """Build the application that serves a model.

    Args:
        served: the model.
        limits: in place of the defaults; the sizes of a request stay those of the schema.
        token: the bearer token that requests need; None for this machine only.
    """
    limits, metrics = limits or Limits(), Metrics()
    service = Service(served, limits, metrics)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(service.batcher.close)

    # FastAPI's own page of the API fetches its scripts from the internet.
    app = FastAPIOffline(
        title=f"hydro serve {served.name}",
        version=version("hydro-experiments"),
        lifespan=lifespan,
        redoc_url=None,
        responses={
            "4XX": {"model": schemas.ErrorResponse},
            "5XX": {"model": schemas.ErrorResponse},
        },
    )
    app.add_middleware(RequestMiddleware, limits=limits, token=token, metrics=metrics)
    _add_error_handlers(app)
    _add_routes(app, service)
    _add_openai(app, service)
    _add_state(app, service, metrics)
    return app


def _add_routes(app: FastAPI, service: Service) -> None:
    served = service.served

    @app.post("/embed")
    async def embed(request: schemas.EmbedRequest) -> schemas.EmbedResponse:
        """Embed texts."""
        vectors = await service.embed(served.rows(request.texts))
        numbers = [each.values.tolist() for each in vectors]
        return schemas.EmbedResponse(model=served.name, embeddings=numbers)

    @app.post("/similar")
    async def similar(request: schemas.SearchRequest) -> schemas.SearchResponse:
        """Find the neighbors of texts in the gallery."""
        hits = await service.search(served.rows(request.texts), request.k)
        return schemas.SearchResponse(model=served.name, hits=[list(each) for each in hits])


def _add_openai(app: FastAPI, service: Service) -> None:
    served = service.served

    @app.post("/v1/embeddings")
    async def embeddings(request: openai.EmbeddingsRequest) -> openai.EmbeddingsResponse:
        """Embed texts, for OpenAI's clients."""
        if request.model != served.name:
            raise HTTPException(404, f"no such model; available: {served.name}")
        texts = [request.input] if isinstance(request.input, str) else request.input
        vectors = await service.embed(served.rows(texts, "input"))
        size = len(vectors[0].values)
        if request.dimensions not in (None, size):
            raise HTTPException(400, f"dimensions: an embedding of this model has {size}")
        data = [
            openai.Embedding(
                index=index, embedding=openai.encode(each.values, request.encoding_format)
            )
            for index, each in enumerate(vectors)
        ]
        tokens = sum(each.tokens for each in vectors)
        usage = openai.Usage(prompt_tokens=tokens, total_tokens=tokens)
        return openai.EmbeddingsResponse(data=data, model=served.name, usage=usage)

    @app.get("/v1/models")
    async def models() -> openai.Models:
        """List the model, for OpenAI's clients."""
        entry = openai.ModelEntry(id=served.name, created=served.created)
        return openai.Models(data=[entry])


def _add_state(app: FastAPI, service: Service, metrics: Metrics) -> None:
    @app.get("/health")
    async def health() -> schemas.Health:
        """Return that the server is running."""
        return schemas.Health(status="ok")

    @app.get("/ready")
    async def ready() -> schemas.Health:
        """Return whether requests are answered."""
        if not service.batcher.works:
            raise HTTPException(503, "not ready", RETRY_AFTER)
        return schemas.Health(status="ready")

    @app.get("/metrics", response_class=Response)
    async def metrics_text() -> Response:
        """Return counts of requests, batches and waiting texts, for Prometheus."""
        return Response(metrics.text(), media_type=PROMETHEUS)


def _add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        return error_response(error)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        body = getattr(request.scope.get("route"), "body_field", None)
        fields = list(body.field_info.annotation.model_fields) if body else []
        return error_response(HTTPException(422, first_error(error.errors(), fields)))

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> JSONResponse:
        return error_response(
            HTTPException(500, "internal server error; see the log of the server")
        )

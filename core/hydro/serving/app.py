"""The routes of a server."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

import numpy as np
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from hydro.errors import DataError
from hydro.serving import openai, schemas
from hydro.serving.batching import Batcher, BatcherClosed, QueueFull, Row
from hydro.serving.errors import RETRY_AFTER, error_response, first_error
from hydro.serving.limits import Limits
from hydro.serving.metrics import Metrics
from hydro.serving.middleware import RequestMiddleware
from hydro.serving.model_service import ModelService, Query, Vector

PROMETHEUS = "text/plain; version=1.0.0; charset=utf-8"


class Service:
    """Answers requests with a model that one thread runs."""

    def __init__(self, served: ModelService, limits: Limits, metrics: Metrics) -> None:
        """Start the thread."""
        self.served, self.limits = served, limits
        self.batcher = Batcher(
            served.run,
            texts=limits.batch_texts,
            waiting=limits.waiting,
            seconds=limits.max_batch_wait,
            watch=metrics.batch,
        )
        metrics.follow(lambda: self.batcher.waiting)

    async def embed(self, rows: list[Row]) -> list[Vector]:
        """Embed some texts.

        Raises:
            HTTPException: there is too much to do, or a text gives no embedding.
        """
        vectors = list(await self._ask(Query(), rows))
        if not all(np.isfinite(each.values).all() for each in vectors):
            raise HTTPException(422, "the model gives no finite embedding for one of these texts")
        return vectors

    async def search(self, rows: list[Row], k: int) -> Sequence[Any]:
        """Find the neighbors of some texts.

        Raises:
            HTTPException: there is too much to do, or there is no gallery.
        """
        if self.served.index is None:
            raise HTTPException(404, "there is no gallery; hydro serve --gallery names one")
        return await self._ask(Query(k), rows)

    async def _ask(self, question: Query, rows: list[Row]) -> Sequence[Any]:
        try:
            future = asyncio.wrap_future(self.batcher.submit(question, rows))
            # What takes too long is canceled, and not computed where its turn has not come.
            return await asyncio.wait_for(future, self.limits.answer_seconds)
        except QueueFull:
            raise HTTPException(503, "too many texts are waiting; try again", RETRY_AFTER) from None
        except TimeoutError:
            raise HTTPException(503, "it took too long; try again", RETRY_AFTER) from None
        except BatcherClosed:
            raise HTTPException(503, "the server is stopping", RETRY_AFTER) from None
        except DataError:
            raise HTTPException(422, "one of these texts cannot be read") from None


def make_app(
    served: ModelService, *, limits: Limits | None = None, token: str | None = None
) -> FastAPI:
    """Make the application that answers for a model.

    Args:
        served: the model.
        limits: other ones than usual; the sizes of a request are as the schema tells them.
        token: what requests have to know; None answers this machine only.
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
    _add_refusals(app)
    _add_routes(app, service)
    _add_openai(app, service)
    _add_state(app, service, metrics)
    return app


def _add_routes(app: FastAPI, service: Service) -> None:
    served = service.served

    @app.post("/embed")
    async def embed(asked: schemas.EmbedRequest) -> schemas.EmbedResponse:
        """Embed texts."""
        vectors = await service.embed(served.rows(asked.texts))
        numbers = [each.values.tolist() for each in vectors]
        return schemas.EmbedResponse(model=served.name, embeddings=numbers)

    @app.post("/similar")
    async def similar(asked: schemas.SearchRequest) -> schemas.SearchResponse:
        """Find the neighbors of texts in the gallery."""
        hits = await service.search(served.rows(asked.texts), asked.k)
        return schemas.SearchResponse(model=served.name, hits=[list(each) for each in hits])


def _add_openai(app: FastAPI, service: Service) -> None:
    served = service.served

    @app.post("/v1/embeddings")
    async def embeddings(asked: openai.EmbeddingsRequest) -> openai.EmbeddingsResponse:
        """Embed texts, for OpenAI's clients."""
        if asked.model != served.name:
            raise HTTPException(404, f"no such model; there is: {served.name}")
        texts = [asked.input] if isinstance(asked.input, str) else asked.input
        vectors = await service.embed(served.rows(texts, "input"))
        size = len(vectors[0].values)
        if asked.dimensions not in (None, size):
            raise HTTPException(400, f"dimensions: an embedding of this model has {size}")
        data = [
            openai.Embedding(
                index=index, embedding=openai.encode(each.values, asked.encoding_format)
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
        """Tell that the server is there."""
        return schemas.Health(status="ok")

    @app.get("/ready")
    async def ready() -> schemas.Health:
        """Return whether requests are answered."""
        if not service.batcher.works:
            raise HTTPException(503, "not ready", RETRY_AFTER)
        return schemas.Health(status="ready")

    @app.get("/metrics", response_class=Response)
    async def count() -> Response:
        """Count requests, batches and what is waiting, for Prometheus."""
        return Response(metrics.text(), media_type=PROMETHEUS)


def _add_refusals(app: FastAPI) -> None:
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
        return error_response(HTTPException(500, "an error of the server, which its log tells"))

"""The routes of a server."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse

from hydro.plugins.retrieval import vote_of_hits
from hydro.serving import openai, schemas
from hydro.serving.errors import RETRY_AFTER, error_response, first_error
from hydro.serving.limits import Limits
from hydro.serving.metrics import Metrics
from hydro.serving.middleware import RequestMiddleware
from hydro.serving.model_service import ModelService
from hydro.serving.page import page_response
from hydro.serving.service import Service

PROMETHEUS = "text/plain; version=1.0.0; charset=utf-8"


def make_app(
    served: ModelService,
    *,
    limits: Limits | None = None,
    token: str | None = None,
    origins: Sequence[str] = (),
) -> FastAPI:
    """Build the application that serves a model.

    Args:
        served: the model.
        limits: in place of the defaults.
        token: the bearer token that requests need; None for this machine only.
        origins: the origins whose web pages may read responses, such as https://example.org.
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
    if origins:
        # Around the check of the token, which a browser does not send with its first question.
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
        )
    _add_error_handlers(app)
    _add_routes(app, service)
    _add_openai(app, service)
    _add_state(app, service, metrics)
    return app


def _add_routes(app: FastAPI, service: Service) -> None:
    served = service.served

    @app.post("/embed", response_model=schemas.EmbedResponse)
    async def embed(request: schemas.EmbedRequest) -> Response:
        """Embed texts."""
        vectors = await service.embed(request.texts)
        numbers = [each.values.tolist() for each in vectors]
        answer = schemas.EmbedResponse(model=served.name, embeddings=numbers)
        return service.outgoing.respond(answer)

    @app.post("/similar", response_model=schemas.SearchResponse)
    async def similar(request: schemas.SearchRequest) -> Response:
        """Find the neighbors of texts in the gallery."""
        hits = await service.search(request.texts, request.k)
        return service.respond_with_hits(
            schemas.SearchResponse.model_construct(model=served.name, hits=hits), hits
        )

    @app.post("/classify", response_model=schemas.ClassifyResponse)
    async def classify(request: schemas.ClassifyRequest) -> Response:
        """Predict the labels of texts by a vote of their neighbors in the gallery."""
        hits = await service.search(request.texts, request.k)
        votes = [vote_of_hits(each) for each in hits]
        answer = schemas.ClassifyResponse(
            model=served.name, predictions=[schemas.Prediction(**vars(each)) for each in votes]
        )
        return service.respond_with_hits(answer, [each[:1] for each in hits])


def _add_openai(app: FastAPI, service: Service) -> None:
    served = service.served

    @app.post("/v1/embeddings", response_model=openai.EmbeddingsResponse)
    async def embeddings(request: openai.EmbeddingsRequest) -> Response:
        """Embed texts, for OpenAI's clients."""
        if request.model != served.name:
            raise HTTPException(404, f"no such model; available: {served.name}")
        if request.dimensions not in (None, served.size):
            raise HTTPException(400, f"dimensions: an embedding of this model has {served.size}")
        texts = [request.input] if isinstance(request.input, str) else request.input
        vectors = await service.embed(texts, "input")
        data = [
            openai.Embedding(
                index=index, embedding=openai.encode(each.values, request.encoding_format)
            )
            for index, each in enumerate(vectors)
        ]
        tokens = sum(each.tokens for each in vectors)
        usage = openai.Usage(prompt_tokens=tokens, total_tokens=tokens)
        answer = openai.EmbeddingsResponse(data=data, model=served.name, usage=usage)
        return service.outgoing.respond(answer)

    @app.get("/v1/models")
    async def models() -> openai.Models:
        """List the model, for OpenAI's clients."""
        entry = openai.ModelEntry(id=served.name, created=served.created)
        return openai.Models(data=[entry])


def _add_state(app: FastAPI, service: Service, metrics: Metrics) -> None:
    @app.head("/", include_in_schema=False)
    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        return page_response()

    @app.get("/model")
    async def model() -> schemas.ServedModel:
        """Describe the model, and what a request may hold."""
        return describe(service)

    @app.head("/health", include_in_schema=False)
    @app.get("/health")
    async def health() -> schemas.Health:
        """Return that the server is running."""
        return schemas.Health(status="ok")

    @app.head("/ready", include_in_schema=False)
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


def describe(service: Service) -> schemas.ServedModel:
    """Describe the model of a server, and what a request may hold."""
    served, limits = service.served, service.limits
    rows = served.index and served.index.facts.get("rows")
    return schemas.ServedModel(
        name=served.name,
        columns=list(served.trained.columns.inputs),
        embedding_size=served.size,
        gallery=served.index is not None,
        gallery_rows=rows if isinstance(rows, int) else None,
        max_texts=limits.texts,
        max_characters=limits.characters,
        max_neighbors=limits.hits,
    )


def _add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        return error_response(error)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        body = getattr(request.scope.get("route"), "body_field", None)
        fields = list(body.field_info.annotation.model_fields) if body else []
        return error_response(first_error(error.errors(), fields))

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> JSONResponse:
        return error_response(
            HTTPException(500, "internal server error; see the log of the server")
        )

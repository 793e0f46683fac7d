"""What the routes of a server share: the limits, the queue and the model."""

import asyncio
from collections.abc import Sequence
from typing import cast

import numpy as np
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from hydro.errors import DataError
from hydro.plugins.retrieval import Hit
from hydro.serving.batching import Batcher, BatcherClosed, Query, QueueFull, Row
from hydro.serving.errors import RETRY_AFTER, InvalidRequest
from hydro.serving.limits import Limits
from hydro.serving.metrics import Metrics
from hydro.serving.model_service import ModelService, RawRow, Vector
from hydro.serving.responses import Outgoing, bytes_of_embeddings, bytes_of_hits


class Service:
    """Answers requests with a model that runs in one thread."""

    def __init__(self, served: ModelService, limits: Limits, metrics: Metrics) -> None:
        """Start the thread."""
        self.served, self.limits = served, limits
        self.outgoing = Outgoing(limits)
        self.batcher = Batcher(
            served.run,
            texts=limits.batch_texts,
            waiting=limits.waiting,
            seconds=limits.max_batch_wait,
            on_batch=metrics.batch,
        )
        metrics.follow(lambda: self.batcher.waiting)

    async def embed(self, texts: RawRow, field: str = "texts") -> list[Vector]:
        """Embed some texts; whether the response may be as large is checked before.

        Raises:
            HTTPException: a limit is exceeded, or a text is malformed or has no embedding.
        """
        rows = self.served.rows(texts, field, self.limits)
        size = bytes_of_embeddings(len(rows), self.served.size)
        self.outgoing.check(size, len(rows), field)
        vectors = cast(list[Vector], list(await self._run(Query(), rows)))
        if not all(np.isfinite(each.values).all() for each in vectors):
            raise HTTPException(422, "the model computes no finite embedding for one of the texts")
        return vectors

    async def search(self, texts: RawRow, k: int) -> list[list[Hit]]:
        """Find the neighbors of some texts.

        Raises:
            HTTPException: a limit is exceeded, a text is malformed, or there is no gallery.
        """
        if self.served.index is None:
            raise HTTPException(404, "no gallery; start hydro serve with --gallery")
        field = "k"
        if k > self.limits.hits:
            told = f"{k:,}, where at most {self.limits.hits:,} neighbors are allowed"
            raise InvalidRequest(field, told)
        rows = self.served.rows(texts, limits=self.limits)
        found = cast(Sequence[Sequence[Hit]], await self._run(Query(k), rows))
        return [list(each) for each in found]

    def respond_with_hits(self, answer: BaseModel, hits: Sequence[Sequence[Hit]]) -> Response:
        """Return the response with some hits; its size is checked before it is made.

        Raises:
            HTTPException: it is too large, or too much is being sent.
        """
        self.outgoing.check(bytes_of_hits(hits, self.limits.response), len(hits))
        return self.outgoing.respond(answer)

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

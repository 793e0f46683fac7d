"""Responses that are bounded in bytes before they are made, and while they are sent."""

import json
from collections.abc import Iterable, Sequence

from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hydro.plugins.retrieval import Hit
from hydro.serving.errors import RETRY_AFTER, InvalidRequest
from hydro.serving.limits import Limits

PIECE = 1 << 16
"""Bytes that are sent at a time; the next ones wait until the client has read most of them."""

BYTES_OF_NUMBER = 25
"""The longest float64 in JSON, with a comma."""

BYTES_OF_HIT = 128
"""A hit in JSON, without its text and label."""


class Outgoing:
    """The responses that are being sent."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.bytes = limits, 0

    def check(self, size: int, texts: int, field: str = "texts") -> None:
        """Refuse a response that would be too large; its size is computed before it is made.

        Raises:
            InvalidRequest: it would be.
        """
        if size > self.limits.response:
            told = f"the response to {texts:,} texts would have up to {size:,} bytes"
            most = f"the limit is {self.limits.response:,}; send fewer texts, or a smaller k"
            raise InvalidRequest(field, f"{told}; {most}")

    def respond(self, answer: BaseModel) -> Response:
        """Return the response of an answer.

        Raises:
            HTTPException: 503, clients have too much to read already.
        """
        content = answer.model_dump_json().encode()
        if self.bytes + len(content) > self.limits.unread:
            told = "too many responses are being sent; try again"
            raise HTTPException(503, told, RETRY_AFTER)
        return _Pieces(content, self)


class _Pieces(Response):
    """A JSON response that is sent in pieces, and counted while it is."""

    media_type = "application/json"

    def __init__(self, content: bytes, outgoing: Outgoing) -> None:
        super().__init__(content)
        self._outgoing = outgoing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        start = {"status": self.status_code, "headers": self.raw_headers}
        self._outgoing.bytes += len(self.body)
        try:
            await send({"type": "http.response.start", **start})
            for first in range(0, len(self.body), PIECE):
                last = first + PIECE >= len(self.body)
                piece = self.body[first : first + PIECE]
                await send({"type": "http.response.body", "body": piece, "more_body": not last})
        finally:
            self._outgoing.bytes -= len(self.body)


def bytes_of_embeddings(texts: int, size: int) -> int:
    """Return the most bytes that embeddings can take in JSON."""
    return texts * size * BYTES_OF_NUMBER


def bytes_of_hits(hits: Iterable[Sequence[Hit]], most: int) -> int:
    """Return the bytes that hits take in JSON; it stops counting where they are above ``most``."""
    total = 0
    for each in hits:
        for hit in each:
            total += BYTES_OF_HIT
            total += sum(len(_json(text)) for text in (hit.text, hit.label) if text)
        if total > most:
            break
    return total


def _json(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode()

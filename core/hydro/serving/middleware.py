"""Authentication, limits of size and time, and metrics of requests."""

import asyncio
import time

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hydro.serving.errors import error_response
from hydro.serving.limits import Limits
from hydro.serving.metrics import Metrics
from hydro.serving.token import is_authorized, is_loopback_host_header

PUBLIC_PATHS = ("/", "/health", "/ready")
"""Paths that need no token; they reveal nothing of the model."""

CLOSE_CONNECTION = {"Connection": "close"}
"""For a request whose body is not read to its end."""


class RequestMiddleware:
    """Passes requests with their whole body on to an app, or rejects them."""

    def __init__(
        self, app: ASGIApp, *, limits: Limits, token: str | None, metrics: Metrics
    ) -> None:
        self.app, self.limits, self.token, self.metrics = app, limits, token, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500

        async def sent(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._answer(scope, receive, sent)
        finally:
            path = getattr(scope.get("route"), "path", "other")
            self.metrics.request(path, status, time.perf_counter() - start)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._check(scope["path"], Headers(scope=scope))
            body = await self._read(receive)
        except HTTPException as error:
            await error_response(error)(scope, receive, send)
            return
        if body is not None:
            await self.app(scope, _replay(body, receive), send)

    def _check(self, path: str, headers: Headers) -> None:
        """Reject what can be rejected by its headers.

        Raises:
            HTTPException: with the reason.
        """
        if self.token is None and not is_loopback_host_header(headers.get("host", "")):
            raise HTTPException(400, "this server accepts requests to localhost only")
        authorization = headers.get("authorization", "")
        if self.token and path not in PUBLIC_PATHS and not is_authorized(self.token, authorization):
            raise HTTPException(
                401, "unauthorized", CLOSE_CONNECTION | {"WWW-Authenticate": "Bearer"}
            )
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise HTTPException(415, "compressed bodies are not supported", CLOSE_CONNECTION)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self.limits.body:
            raise self._too_large()

    async def _read(self, receive: Receive) -> bytes | None:
        """Read the body; None where the client has gone.

        Raises:
            HTTPException: it is too large, or too slow.
        """
        body = bytearray()
        try:
            async with asyncio.timeout(self.limits.body_seconds):
                while (message := await receive())["type"] == "http.request":
                    body += message.get("body", b"")
                    if len(body) > self.limits.body:
                        raise self._too_large()
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError:
            raise HTTPException(408, "the body did not arrive in time", CLOSE_CONNECTION) from None
        return None

    def _too_large(self) -> HTTPException:
        return HTTPException(
            413, f"a body has at most {self.limits.body:,} bytes", CLOSE_CONNECTION
        )


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a receive function that starts with a body that was read."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return pending.pop() if pending else await receive()

    return again

"""Limits of connections: their number, and timeouts for those that send or read slowly."""

import asyncio

import h11
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol

from hydro.serving.errors import RETRY_AFTER, error_response
from hydro.serving.limits import Limits

BACKLOG = 128
"""Connections that wait to be accepted; asyncio accepts as many at once before any is counted."""

_TOO_MANY = error_response(HTTPException(503, "too many connections; try again", RETRY_AFTER))

FULL = b"".join(
    [
        b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n",
        *(b"%b: %b\r\n" % pair for pair in _TOO_MANY.raw_headers),
        b"\r\n",
        _TOO_MANY.body,
    ]
)
"""The response to a connection above the limit, whatever it asks."""


class LimitedProtocol(H11Protocol):
    """uvicorn's protocol with limits that it lacks.

    It closes a connection whose headers do not arrive, or whose response is not read, and keeps
    the number of connections below that of file handles.
    """

    limits = Limits()
    _timers: dict[str, asyncio.TimerHandle]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timeout for the headers of the first request."""
        self._timers = {}
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections and not self._close_idle():
            transport.write(FULL)
            transport.close()
            return
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        """Handle data, and stop the timeout once the headers are complete."""
        super().data_received(data)
        self._await_headers()

    def on_response_complete(self) -> None:
        """Start the timeout for the headers of the next request."""
        super().on_response_complete()
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all timeouts."""
        self._stop("headers")
        self._stop("reading")
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Start the timeout for reading."""
        super().pause_writing()
        self._start("reading", self.limits.reading_seconds)

    def resume_writing(self) -> None:
        """Stop the timeout for reading."""
        self._stop("reading")
        super().resume_writing()

    def _close_idle(self) -> bool:
        """Close the connection that has been waiting for headers longest, if there is one."""
        waiting = {
            each._timers["headers"].when(): each
            for each in self.connections
            if isinstance(each, LimitedProtocol) and "headers" in each._timers
        }
        if not waiting:
            return False
        oldest = waiting[min(waiting)]
        oldest._stop("headers")
        oldest.transport.abort()
        return True

    def _await_headers(self) -> None:
        """Run the timeout while headers are incomplete; more data does not restart it."""
        if self.conn.their_state is not h11.IDLE:
            self._stop("headers")
        elif not self.transport.is_closing():
            self._start("headers", self.limits.headers_seconds)

    def _start(self, name: str, seconds: float) -> None:
        if name not in self._timers:
            self._timers[name] = self.loop.call_later(seconds, self.transport.abort)

    def _stop(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()


def config(app: ASGIApp, limits: Limits) -> Config:
    """Configure uvicorn for an app; it logs errors only."""
    return Config(
        app,
        http=type("Limited", (LimitedProtocol,), {"limits": limits}),
        ws="none",
        loop="asyncio",
        backlog=BACKLOG,
        timeout_graceful_shutdown=round(limits.drain_seconds),
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )

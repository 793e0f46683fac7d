"""Connections that are closed where a client is slow, so that it holds nothing for long."""

import asyncio
from typing import Any

import h11
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol

from hydro.serving.limits import Limits


class TimeoutProtocol(H11Protocol):
    """uvicorn's protocol, with the two times that it has no setting for.

    It ends a connection whose headers do not come, or whose answer is not read.
    """

    limits = Limits()
    _timers: dict[str, asyncio.TimerHandle]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the headers of the first request."""
        self._timers = {}
        super().connection_made(transport)
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        """Read on, and see whether headers are still awaited."""
        super().data_received(data)
        self._await_headers()

    def on_response_complete(self) -> None:
        """Wait for the headers of the next request."""
        super().on_response_complete()
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the waiting."""
        self._stop("headers")
        self._stop("reading")
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        super().pause_writing()
        self._start("reading", self.limits.reading_seconds)

    def resume_writing(self) -> None:
        """Go on, since the client reads."""
        self._stop("reading")
        super().resume_writing()

    def _await_headers(self) -> None:
        """Run the time while headers are awaited; more of them do not start it anew."""
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


def config(app: Any, limits: Limits) -> Config:
    """Set uvicorn up for an app; of its log only errors are left."""
    return Config(
        app,
        http=type("Limited", (TimeoutProtocol,), {"limits": limits}),
        ws="none",
        loop="asyncio",
        limit_concurrency=limits.connections,
        timeout_graceful_shutdown=round(limits.drain_seconds),
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )

"""Listen on an address, and serve until a signal."""

import logging
import signal
import socket
from collections.abc import Callable
from dataclasses import replace

from starlette.types import ASGIApp
from uvicorn import Server

from hydro.errors import ResourceError
from hydro.serving.limits import Limits
from hydro.serving.timeouts import BACKLOG, config

RESERVED_HANDLES = 128 + BACKLOG
"""File handles for all but connections that were accepted: files, libraries, those to accept."""

logger = logging.getLogger(__name__)


def fit_file_handles(limits: Limits) -> Limits:
    """Bound connections below the file handles of the process, which are raised where they can be.

    Raises:
        ResourceError: there are too few for any.
    """
    try:
        import resource
    except ImportError:  # on Windows, which has no such limit
        return limits
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = limits.connections + RESERVED_HANDLES
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return limits
    raised = needed if hard == resource.RLIM_INFINITY else min(hard, needed)
    if raised > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    connections = min(limits.connections, raised - RESERVED_HANDLES)
    if connections < 1:
        msg = f"{raised} file handles (ulimit -n) are too few; {RESERVED_HANDLES + 1} are needed"
        raise ResourceError(msg)
    if connections < limits.connections:
        logger.warning("%d connections at most: ulimit -n is %d", connections, raised)
    return replace(limits, connections=connections)


def bind(host: str, port: int) -> socket.socket:
    """Bind an address; port 0 chooses a free one.

    Raises:
        ResourceError: the address is unavailable.
    """
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(target)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        msg = f"cannot listen on {host}, port {port} ({error.strerror}); choose another --port"
        raise ResourceError(msg) from None
    return listener


def address(listening: socket.socket) -> str:
    """Return the URL of a server."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(
    app: ASGIApp, listener: socket.socket, limits: Limits, on_ready: Callable[[], object]
) -> None:
    """Serve until SIGTERM or SIGINT, finish the requests in flight, and return.

    Args:
        app: the application.
        listener: from `bind`.
        limits: the timeouts.
        on_ready: called once requests are answered.
    """

    class ReadyServer(Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            on_ready()

    signals = (signal.SIGINT, signal.SIGTERM)
    # uvicorn handles both, and raises them again once it has stopped; they are ignored then.
    before = [signal.signal(each, lambda number, frame: None) for each in signals]
    try:
        ReadyServer(config(app, limits)).run([listener])
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)

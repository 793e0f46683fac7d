"""Where a server listens, from the start until it has answered what it was asked."""

import signal
import socket
from collections.abc import Callable
from typing import Any

from uvicorn import Server

from hydro.errors import ResourceError
from hydro.serving.limits import Limits
from hydro.serving.timeouts import config


def bind(host: str, port: int) -> socket.socket:
    """Take an address, on which nothing is answered yet; port 0 is a free one.

    Raises:
        ResourceError: it is not to be had.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        taken = socket.socket(family, kind, protocol)
        try:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(place)
        except OSError:
            taken.close()
            raise
    except OSError as error:
        msg = f"cannot listen on {host}, port {port} ({error.strerror}); choose another --port"
        raise ResourceError(msg) from None
    return taken


def address(listening: socket.socket) -> str:
    """Write where a server is reached."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: Any, taken: socket.socket, limits: Limits, say: Callable[[], object]) -> None:
    """Answer requests until SIGTERM or an interrupt, then those that are in flight, and return.

    Args:
        app: what answers.
        taken: from `bind`.
        limits: the times that clients have.
        say: called once requests are answered.
    """

    class Announced(Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            say()

    signals = (signal.SIGINT, signal.SIGTERM)
    # uvicorn handles both, and raises them again once it has stopped: nothing is left to do then.
    before = [signal.signal(each, lambda number, frame: None) for each in signals]
    try:
        Announced(config(app, limits)).run([taken])
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)

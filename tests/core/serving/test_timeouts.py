"""A slow client is let go, and holds up nobody else meanwhile."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from uvicorn import Server

from hydro.serving.limits import Limits
from hydro.serving.server import bind
from hydro.serving.timeouts import BACKLOG, config

PATIENCE = 20
"""Seconds that nothing here needs."""

BIG = 64 << 20
"""Bytes that no socket takes at once."""


async def small(request: Request) -> Response:
    return Response(b"here")


async def big(request: Request) -> Response:
    return StreamingResponse(b"x" * (1 << 20) for _ in range(BIG >> 20))


@dataclass(frozen=True)
class Running:
    """A server in a thread."""

    server: Server
    address: Any

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(self.address, timeout=PATIENCE)

    def get(self, path: str) -> bytes:
        """Ask for a small page."""
        with closing(self.connect()) as client:
            client.sendall(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode())
            return client.recv(1 << 16)


@pytest.fixture
def running() -> Iterator[Any]:
    """Run servers with other limits."""
    threads, servers = [], []

    def run(**limits: Any) -> Running:
        app = Starlette(routes=[Route("/small", small), Route("/big", big)])
        server = Server(config(app, replace(Limits(), **limits)))
        taken = bind("127.0.0.1", 0)
        taken.listen()
        threads.append(threading.Thread(target=server.run, args=([taken],)))
        servers.append(server)
        threads[-1].start()
        return Running(server, taken.getsockname())

    yield run
    for server in servers:
        server.should_exit = True
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def all_of(client: socket.socket) -> bytes:
    """Read until the connection is closed, in one way or another."""
    got = b""
    try:
        while part := client.recv(1 << 20):
            got += part
    except ConnectionResetError:
        pass
    return got


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_headers_that_do_not_come_end_the_connection(sent: bytes, running: Any) -> None:
    with closing(running(headers_seconds=0.05).connect()) as client:
        client.sendall(sent)
        assert all_of(client) == b""


def test_a_second_request_has_to_come_whole_too(running: Any) -> None:
    with closing(running(headers_seconds=0.2).connect()) as client:
        client.sendall(b"GET /small HTTP/1.1\r\nHost: x\r\n\r\nGET /small HTTP/1.1\r\nX-Slow: ")
        answer = all_of(client)
        assert answer.endswith(b"here")
        assert answer.count(b"HTTP/1.1") == 1


def test_fifty_slow_clients_hold_up_nobody(running: Any) -> None:
    server = running()
    slow = [server.connect() for _ in range(50)]
    for client in slow:
        client.sendall(b"GET /small HTTP/1.1\r\nX-Slow: ")
    for _ in range(20):
        assert server.get("/small").startswith(b"HTTP/1.1 200")
    for client in slow:
        client.close()


def test_an_answer_that_is_not_read_is_given_up(running: Any) -> None:
    server = running(reading_seconds=0.1)
    with closing(server.connect()) as client:
        client.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        waiting = threading.Event()
        state = server.server.server_state
        assert client.recv(1).startswith(b"H")
        for _ in range(100 * PATIENCE):
            if not state.connections:
                break
            waiting.wait(0.01)
        assert not state.connections
        assert len(all_of(client)) < BIG


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """Connections that are closed at the end."""
    with ExitStack() as stack:
        yield stack


def test_one_connection_more_closes_the_one_that_has_been_idle_longest(
    running: Any, opened: ExitStack
) -> None:
    server = running(connections=3)
    held = [opened.enter_context(server.connect()) for _ in range(3)]
    assert server.get("/small").startswith(b"HTTP/1.1 200")
    assert all_of(held[0]) == b""
    for client in held[1:]:
        client.sendall(b"GET /small HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 200")


def test_where_all_connections_are_at_work_one_more_is_told_so(
    running: Any, opened: ExitStack
) -> None:
    server = running(connections=3)
    for _ in range(3):
        client = opened.enter_context(server.connect())
        client.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(15).startswith(b"HTTP/1.1 200")
    answer = all_of(opened.enter_context(server.connect()))
    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-length: %d" % len(body) in head
    assert json.loads(body)["error"]["message"] == "too many connections; try again"


def test_silent_connections_stay_below_the_limit(
    running: Any, opened: ExitStack, caplog: pytest.LogCaptureFixture
) -> None:
    server = running(connections=20)
    for _ in range(400):
        opened.enter_context(server.connect())
        assert len(server.server.server_state.connections) <= 20 + BACKLOG
    assert server.get("/small").startswith(b"HTTP/1.1 200")
    assert len(server.server.server_state.connections) <= 21
    assert not caplog.records

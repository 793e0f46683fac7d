"""A server takes an address, says when it answers, and ends once it has answered."""

import json
import os
import signal
import socket
import threading
import urllib.request
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from hydro.errors import ResourceError
from hydro.serving import server
from hydro.serving.limits import Limits
from hydro.serving.server import RESERVED_HANDLES, address, bind, fit_file_handles, serve

PATIENCE = 20
"""Seconds that nothing here needs."""


def test_an_address_can_be_written() -> None:
    with bind("127.0.0.1", 0) as taken:
        assert address(taken) == f"http://127.0.0.1:{taken.getsockname()[1]}"
    if socket.has_ipv6:
        with bind("::1", 0) as taken:
            assert address(taken) == f"http://[::1]:{taken.getsockname()[1]}"


@pytest.mark.parametrize("host", ["203.0.113.1", "no such host"])
def test_an_address_that_is_not_to_be_had_is_an_error(host: str) -> None:
    with pytest.raises(ResourceError, match=f"cannot listen on {host}, port 1234 "):
        bind(host, 1234)


def test_a_port_that_is_taken_is_an_error() -> None:
    with bind("127.0.0.1", 0) as taken:
        taken.listen()
        with pytest.raises(ResourceError, match="choose another --port"):
            bind("127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_once_all_is_answered(number: int) -> None:
    """Twenty requests are in flight when the signal comes: twenty answers, and it returns."""
    begun = threading.Semaphore(0)
    stopping = threading.Event()

    async def late(request: Request) -> JSONResponse:
        import asyncio

        begun.release()
        await asyncio.to_thread(stopping.wait, PATIENCE)
        return JSONResponse("answered")

    taken = bind("127.0.0.1", 0)
    answers: list[Any] = []

    def client() -> None:
        with urllib.request.urlopen(f"{address(taken)}/late", timeout=PATIENCE) as answer:
            answers.append(json.load(answer))

    clients = [threading.Thread(target=client) for _ in range(20)]

    def stop() -> None:
        for _ in clients:
            assert begun.acquire(timeout=PATIENCE)
        os.kill(os.getpid(), number)
        stopping.set()

    stopper = threading.Thread(target=stop)

    def start() -> None:
        for each in (*clients, stopper):
            each.start()

    before = signal.getsignal(number)
    with taken:
        serve(Starlette(routes=[Route("/late", late)]), taken, Limits(), start)
    for each in (*clients, stopper):
        each.join(PATIENCE)
    assert answers == ["answered"] * 20
    assert signal.getsignal(number) == before


def test_silent_connections_hold_up_neither_a_request_nor_the_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Twenty silent connections where five may be: a request is answered, and SIGTERM ends it."""
    taken = bind("127.0.0.1", 0)
    answers: list[Any] = []

    async def here(request: Request) -> JSONResponse:
        return JSONResponse("here")

    with ExitStack() as silent:

        def client() -> None:
            for _ in range(20):
                silent.enter_context(socket.create_connection(taken.getsockname(), PATIENCE))
            with urllib.request.urlopen(f"{address(taken)}/", timeout=PATIENCE) as answer:
                answers.append(json.load(answer))
            os.kill(os.getpid(), signal.SIGTERM)

        thread = threading.Thread(target=client)
        app = Starlette(routes=[Route("/", here)])
        with taken:
            serve(app, taken, replace(Limits(), connections=5), thread.start)
        thread.join(PATIENCE)
    assert answers == ["here"]
    assert not caplog.records


@pytest.mark.parametrize(
    ("soft", "hard", "raised", "connections"),
    [
        (4096, 4096, None, 512),
        (-1, -1, None, 512),
        (256, 4096, 512 + RESERVED_HANDLES, 512),
        (256, -1, 512 + RESERVED_HANDLES, 512),
        (RESERVED_HANDLES + 10, RESERVED_HANDLES + 10, None, 10),
        (256, RESERVED_HANDLES + 100, RESERVED_HANDLES + 100, 100),
        (RESERVED_HANDLES + 511, RESERVED_HANDLES + 511, None, 511),
        (RESERVED_HANDLES + 512, RESERVED_HANDLES + 512, None, 512),
    ],
)
def test_connections_stay_below_the_file_handles(
    soft: int,
    hard: int,
    raised: int | None,
    connections: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    resource = pytest.importorskip("resource")
    changed: list[Any] = []
    monkeypatch.setattr(resource, "getrlimit", lambda which: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda which, both: changed.append(both))
    assert fit_file_handles(Limits()) == replace(Limits(), connections=connections)
    assert changed == ([(raised, hard)] if raised else [])
    assert bool(caplog.records) is (connections < 512)


def test_too_few_file_handles_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    few = server.RESERVED_HANDLES
    monkeypatch.setattr(resource, "getrlimit", lambda which: (few, few))
    with pytest.raises(ResourceError, match=r"file handles \(ulimit -n\) are too few"):
        fit_file_handles(Limits())

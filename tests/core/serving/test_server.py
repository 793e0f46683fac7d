"""A server takes an address, says when it answers, and ends once it has answered."""

import json
import os
import signal
import socket
import threading
import urllib.request
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from hydro.errors import ResourceError
from hydro.serving.limits import Limits
from hydro.serving.server import address, bind, serve

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

"""What is too large, too slow, unknown or from elsewhere does not reach the app."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from hydro.serving.limits import Limits
from hydro.serving.metrics import Metrics
from hydro.serving.middleware import RequestMiddleware

TOKEN = "0123456789abcdef"
HERE = "http://localhost:8000"


async def echo(request: Request) -> Response:
    """Give a body back."""
    return Response(await request.body())


def gate(
    metrics: Metrics | None = None, token: str | None = None, **limits: Any
) -> RequestMiddleware:
    """Stand before an app that gives bodies back."""
    app = Starlette(routes=[Route(path, echo, methods=["POST"]) for path in ("/echo", "/health")])
    bounds = replace(Limits(), **limits)
    return RequestMiddleware(app, limits=bounds, token=token, metrics=metrics or Metrics())


def chunks(*parts: bytes) -> Any:
    """Send a body without its length."""
    yield from parts


@pytest.mark.parametrize("size", [0, 9, 10])
def test_a_body_up_to_the_limit_arrives_whole(size: int) -> None:
    client = TestClient(gate(body=10), base_url=HERE)
    assert client.post("/echo", content=b"x" * size).content == b"x" * size
    assert client.post("/echo", content=chunks(b"x" * size, b"")).content == b"x" * size


def test_a_body_above_the_limit_is_refused_whether_its_length_is_told_or_not() -> None:
    client = TestClient(gate(body=10), base_url=HERE)
    for content in (b"x" * 11, chunks(b"x" * 6, b"x" * 5)):
        answer = client.post("/echo", content=content)
        assert (answer.status_code, answer.headers["connection"]) == (413, "close")
        assert answer.json()["error"]["message"] == "a body has at most 10 bytes"


@pytest.mark.parametrize(
    ("sizes", "status"), [((6, 4), 200), ((6, 5), 413), ((1,) * 11, 413), ((10, 0, 1), 413)]
)
def test_the_messages_of_a_body_are_counted_together(sizes: tuple[int, ...], status: int) -> None:
    """By the interface itself: the test client joins what it sends."""
    last = len(sizes) - 1
    messages = [
        {"type": "http.request", "body": b"x" * size, "more_body": place < last}
        for place, size in enumerate(sizes)
    ]

    async def receive() -> Any:
        return messages.pop(0)

    assert ask(gate(body=10), receive)[0]["status"] == status


@pytest.mark.parametrize("length", ["-1", "1e3", "²"])
def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    headers = {"content-length": length.encode()}
    assert TestClient(gate(), base_url=HERE).post("/echo", headers=headers).status_code == 413


def test_a_compressed_body_is_refused() -> None:
    headers = {"content-encoding": "gzip"}
    answer = TestClient(gate(), base_url=HERE).post("/echo", content=b"x", headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "path",
    [
        "/healthy",
        "/health/",
        "/health/x",
        "/ready/x",
        "/ready.",
        "/Health",
        "//health",
        "//",
        "/x",
        "/docs",
        "/metrics",
        "/model",
    ],
)
def test_what_is_only_named_like_a_public_path_needs_the_token(path: str) -> None:
    client = TestClient(gate(token=TOKEN), base_url="http://example.org")
    for method in ("GET", "POST", "HEAD", "OPTIONS"):
        url = f"http://example.org{path}"
        assert client.request(method, url).status_code == 401


@pytest.mark.parametrize("header", ["", f"Bearer {TOKEN}x", f"Basic {TOKEN}"])
def test_without_the_token_nothing_but_health_is_told(header: str) -> None:
    client = TestClient(gate(token=TOKEN), base_url="http://example.org")
    answer = client.post("/echo", headers={"authorization": header})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["error"]["message"] == "unauthorized"
    assert client.post("/health").status_code == 200


def test_with_the_token_any_host_will_do() -> None:
    client = TestClient(gate(token=TOKEN), base_url="http://example.org")
    headers = {"authorization": f"Bearer {TOKEN}"}
    assert client.post("/echo", content=b"x", headers=headers).content == b"x"


def test_without_a_token_only_names_of_this_machine_are_answered() -> None:
    assert TestClient(gate(), base_url="http://[::1]:1").post("/echo").status_code == 200
    answer = TestClient(gate(), base_url="http://rebound.example").post("/echo")
    assert answer.status_code == 400


def ask(gate: RequestMiddleware, receive: Callable[[], Any], *headers: Any) -> list[Any]:
    """Call a gate as a server does; give what it sends."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/echo",
        "headers": [(b"host", b"localhost"), *headers],
        "query_string": b"",
    }
    asyncio.run(gate(scope, receive, send))
    return sent


@pytest.mark.parametrize("length", [b"11", b"100"])
def test_a_body_that_is_said_to_be_too_large_is_not_read(length: bytes) -> None:
    async def read() -> Any:
        raise AssertionError

    assert ask(gate(body=10), read, (b"content-length", length))[0]["status"] == 413


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def never() -> Any:
        await asyncio.Event().wait()

    assert ask(gate(body_seconds=0.01), never)[0]["status"] == 408


def test_a_client_that_has_gone_gets_no_answer() -> None:
    async def gone() -> Any:
        return {"type": "http.disconnect"}

    assert ask(gate(), gone) == []


def test_every_answer_is_counted() -> None:
    metrics = Metrics()
    client = TestClient(gate(metrics, body=10), base_url=HERE)
    for content in (b"", b"x", b"x" * 11):
        client.post("/echo", content=content)
    client.get("/nothing")
    text = metrics.text().decode()
    assert 'hydro_requests_total{path="other",status="413"} 1.0' in text
    assert 'hydro_requests_total{path="other",status="404"} 1.0' in text

"""Web pages of other origins may ask only if they are named."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from hydro.errors import SettingsError
from hydro.serving.app import make_app
from hydro.serving.model_service import ModelService
from hydro.serving.token import read_origin

HERE = "http://127.0.0.1:8000"
TOKEN = "0123456789abcdef"
KNOWN = "https://app.example"


def preflight(client: TestClient, origin: str, path: str = "/embed") -> Any:
    """Ask what a browser asks before it sends a request of another origin."""
    asked = {"Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "authorization,content-type"
    return client.options(path, headers={"Origin": origin, **asked})


@pytest.mark.parametrize("token", [None, TOKEN])
def test_a_named_origin_may_ask(token: str | None, served: ModelService) -> None:
    app = make_app(served, token=token, origins=[KNOWN])
    headers = {"Origin": KNOWN}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    with TestClient(app, base_url=HERE) as client:
        allowed = preflight(client, KNOWN)
        assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, KNOWN)
        assert "access-control-allow-credentials" not in allowed.headers
        for body, status in (({"texts": ["a"]}, 200), ({"texts": []}, 422)):
            answer = client.post("/embed", json=body, headers=headers)
            assert answer.status_code == status
            assert answer.headers["access-control-allow-origin"] == KNOWN
            assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "origin",
    [
        "https://other.example",
        "http://app.example",
        "https://app.example:8443",
        "https://app.example.evil.com",
        "https://evil.com/https://app.example",
        "null",
        "*",
    ],
)
@pytest.mark.parametrize("origins", [[], [KNOWN]])
def test_no_other_origin_may(origin: str, origins: list[str], served: ModelService) -> None:
    with TestClient(make_app(served, origins=origins), base_url=HERE) as client:
        refused = preflight(client, origin)
        assert refused.status_code in (400, 405)
        answer = client.post("/embed", json={"texts": ["a"]}, headers={"Origin": origin})
        for each in (refused, answer):
            assert "access-control-allow-origin" not in each.headers


def test_a_named_origin_needs_the_token_too(served: ModelService) -> None:
    with TestClient(make_app(served, token=TOKEN, origins=[KNOWN]), base_url=HERE) as client:
        answer = client.post("/embed", json={"texts": ["a"]}, headers={"Origin": KNOWN})
        assert answer.status_code == 401


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_what_a_page_can_send_without_asking_first_is_refused(
    kind: str | None, client: TestClient
) -> None:
    headers = {"Origin": "https://other.example"} | ({"Content-Type": kind} if kind else {})
    answer = client.post("/embed", content=b'{"texts": ["a"]}', headers=headers)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://app.example", "https://app.example"),
        ("https://APP.example/", "https://app.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_an_origin_is_read_as_browsers_send_it(text: str, origin: str) -> None:
    assert read_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "null",
        "app.example",
        "https://",
        "https://*.example",
        "https://app.example/path",
        "https://app.example?x",
        "https://app.example:port",
        "https://user@app.example",
        "ftp://app.example",
        "https://a.example, https://b.example",
        "https://a.example https://b.example",
    ],
)
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="--allow-origin"):
        read_origin(text)

"""The page to try a server works by itself, and tells strangers nothing."""

import base64
import hashlib
import re

import pytest
from starlette.testclient import TestClient

from hydro.serving.app import make_app
from hydro.serving.model_service import ModelService

TOKEN = "0123456789abcdef"


def test_the_page_fetches_nothing_from_elsewhere(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    assert "//" not in re.sub(r"<!doctype html>", "", answer.text)
    assert set(re.findall(r'(?:src|href)="([^"]*)"', answer.text)) == {"docs", "data:,"}
    paths = set(re.findall(r'ask\("(\w+)"', answer.text))
    assert paths == {"model", "similar", "classify", "embed"}
    known = client.get("/openapi.json").json()["paths"]
    assert {f"/{path}" for path in paths} <= known.keys()


def test_its_policy_lets_its_own_script_and_style_work_and_no_other(client: TestClient) -> None:
    answer = client.get("/")
    rules = dict(
        rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; ")
    )
    assert (rules["default-src"], rules["connect-src"]) == ("'none'", "'self'")
    assert rules["frame-ancestors"] == "'none'"
    for name in ("script", "style"):
        (text,) = re.findall(f"<{name}>(.*?)</{name}>", answer.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[f"{name}-src"] == f"'sha256-{digest}'"
    # What a gallery holds is shown as text, never taken for HTML.
    assert "innerHTML" not in answer.text
    assert not re.search(r"""\s(?:on\w+|style)=["']""", answer.text)


def test_the_page_tells_nothing_of_the_model_without_the_token(served: ModelService) -> None:
    with TestClient(make_app(served, token=TOKEN), base_url="http://example.org") as client:
        answer = client.get("/")
        assert answer.status_code == 200
        assert served.name not in answer.text
        assert client.get("/model").status_code == 401
        told = client.get("/model", headers={"Authorization": f"Bearer {TOKEN}"}).json()
        assert told["name"] == served.name


def test_the_model_is_described(client: TestClient) -> None:
    assert client.get("/model").json() == {
        "name": "letters",
        "columns": ["text"],
        "embedding_size": 10,
        "gallery": True,
        "gallery_rows": None,
        "max_texts": 256,
        "max_characters": 32768,
        "max_neighbors": 100,
    }


@pytest.mark.parametrize("path", ["/", "/health", "/ready"])
def test_its_headers_can_be_asked_for_alone(path: str, client: TestClient) -> None:
    answer = client.head(path)
    assert answer.status_code == client.get(path).status_code == 200
    assert answer.headers["content-length"] == client.get(path).headers["content-length"]

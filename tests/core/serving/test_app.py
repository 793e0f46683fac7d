"""The routes answer well-formed requests, and refuse all others with one line."""

import json
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from hydro.errors import DataError
from hydro.plugins.retrieval import Hit
from hydro.serving.app import make_app
from hydro.serving.batching import Query
from hydro.serving.limits import Limits
from hydro.serving.model_service import ModelService

HERE = "http://127.0.0.1:8000"


def refused(answer: Any) -> tuple[int, str]:
    """Give status and message of a refusal, having looked at its shape."""
    error = answer.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert "\n" not in error["message"]
    return answer.status_code, error["message"]


def test_texts_are_embedded(client: TestClient, served: ModelService) -> None:
    answer = client.post("/embed", json={"texts": ["tea", {"text": "see it"}]}).json()
    expected = served.run(Query(), served.rows(["tea", "see it"]))
    assert answer["model"] == "letters"
    np.testing.assert_array_equal(
        np.array(answer["embeddings"], np.float32), [each.values for each in expected]
    )


def test_neighbors_are_found(client: TestClient) -> None:
    answer = client.post("/similar", json={"texts": ["bat", "zoo"], "k": 1}).json()
    hit = {"row": 1, "similarity": 0.5, "text": "m", "label": None, "same": True}
    assert answer == {"model": "letters", "hits": [[hit], []]}
    assert len(client.post("/similar", json={"texts": ["bat"]}).json()["hits"][0]) == 2


class Voters:
    """Finds the same labeled rows for every text."""

    facts = MappingProxyType({"rows": 3})

    def search(self, queries: Any, k: int) -> list[list[Hit]]:
        """Give the hits of each query."""
        rows = [("b", 0.75), ("a", 0.5), ("a", 0.5), (None, 0.25)]
        hits = [Hit(row, each, "text", label, None) for row, (label, each) in enumerate(rows)]
        return [hits[:k] if text != "nobody" else hits[3:] for text in queries["text"]]


def test_labels_are_predicted_by_a_vote_of_neighbors(served: ModelService) -> None:
    voters: Any = replace(served, index=Voters())
    with TestClient(make_app(voters), base_url=HERE) as client:

        def predicted(**body: Any) -> Any:
            return client.post("/classify", json=body).json()

        of_a, of_b = {"label": "a", "confidence": 1 / 1.75}, {"label": "b", "confidence": 1.0}
        unknown = {"label": None, "confidence": None}
        assert predicted(texts=["x", "nobody"])["predictions"] == [of_a, unknown]
        assert predicted(texts=["x"], k=1) == {"model": "letters", "predictions": [of_b]}


@pytest.mark.parametrize("path", ["/similar", "/classify"])
def test_without_a_gallery_nothing_is_similar(path: str, served: ModelService) -> None:
    with TestClient(make_app(replace(served, index=None)), base_url=HERE) as client:
        assert refused(client.post(path, json={"texts": ["a"]}))[0] == 404


def test_the_state_is_told(served: ModelService) -> None:
    client = TestClient(make_app(served), base_url=HERE)
    with client:
        assert client.get("/health").json() == {"status": "ok"}
        assert client.get("/ready").json() == {"status": "ready"}
        client.post("/embed", json={"texts": ["tea", "see"]})
        counted = client.get("/metrics")
        assert counted.headers["content-type"].startswith("text/plain; version=")
        assert 'hydro_requests_total{path="/embed",status="200"} 1.0' in counted.text
        assert "hydro_batch_texts_sum 2.0" in counted.text
    assert refused(client.get("/ready"))[0] == 503
    assert refused(client.post("/embed", json={"texts": ["a"]}))[0] == 503


def test_the_api_is_described(client: TestClient) -> None:
    told = client.get("/openapi.json").json()
    asked = {"/embed", "/similar", "/classify", "/v1/embeddings"}
    paths = asked | {"/health", "/ready", "/metrics", "/model", "/v1/models"}
    assert told["paths"].keys() == paths
    for path in asked:
        schema = told["paths"][path]["post"]["responses"]["200"]["content"]["application/json"]
        assert schema["schema"]["$ref"].endswith("Response")
    assert "4XX" in told["paths"]["/embed"]["post"]["responses"]
    assert "letters" in client.get("/docs").text


def test_the_page_of_the_api_needs_no_internet(client: TestClient) -> None:
    page = client.get("/docs").text
    fetched = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert any(each.endswith(".js") for each in fetched)
    assert {client.get(each).status_code for each in fetched} == {200}
    assert all(each.startswith("/") for each in fetched)


@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 422)])
def test_each_limit_is_where_it_is_said_to_be(more: int, status: int, client: TestClient) -> None:
    limits = Limits()
    bodies = [
        {"texts": ["a"] * (limits.texts + more)},
        {"texts": ["a" * (limits.characters + more)]},
        {"texts": [{"text": "a" * (limits.characters + more)}]},
    ]
    assert [client.post("/embed", json=body).status_code for body in bodies] == [status] * 3
    for path in ("/similar", "/classify"):
        answer = client.post(path, json={"texts": ["a"], "k": 100 + more})
        assert answer.status_code == status
        assert not more or refused(answer)[1].startswith("k: 101, where at most 100")
    body = json.dumps({"texts": ["a" * limits.characters] * 31})
    body += " " * (limits.body + more - len(body))
    found = client.post("/embed", content=body, headers={"Content-Type": "application/json"})
    assert found.status_code == (413 if more else 200)


def test_other_limits_are_kept_too(served: ModelService) -> None:
    limits = replace(Limits(), texts=2, characters=3, hits=1, body=60)
    with TestClient(make_app(served, limits=limits), base_url=HERE) as client:
        told = client.get("/model").json()
        assert (told["max_texts"], told["max_characters"], told["max_neighbors"]) == (2, 3, 1)
        assert client.post("/similar", json={"texts": ["tea", "see"], "k": 1}).status_code == 200
        for body, said in (
            ({"texts": ["a"] * 3}, "texts: 3 texts, where a request has at most 2"),
            ({"texts": ["a", "four"]}, "texts[1]: 4 characters, where a text has at most 3"),
            ({"texts": [{"text": "four"}]}, "texts[0]: 4 characters, where a text has at most 3"),
        ):
            assert refused(client.post("/embed", json=body)) == (422, said)
        assert refused(client.post("/similar", json={"texts": ["a"], "k": 2}))[0] == 422
        assert refused(client.post("/embed", json={"texts": ["a" * 60]}))[0] == 413


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[1]",
        "null",
        "NaN",
        '{"texts": null}',
        '{"texts": [NaN]}',
        '{"texts": [null]}',
        '{"texts": [["a"]]}',
        '{"texts": ["secret"], "secret": 1}',
        '{"texts": ["secret\\ud800"]}',
        '{"texts": [{"\\ud800": "secret"}]}',
        '{"texts": [{"secret": {"secret": 1}}]}',
        '{"texts": ["secret", 1e999]}',
        "[" * 100_000,
        '{"texts":' * 10_000,
        b"\xff\xfe",
        b'{"texts": ["\xff"]}',
    ],
)
def test_a_malformed_body_is_refused_with_one_line_that_repeats_nothing(
    body: str | bytes, client: TestClient
) -> None:
    headers = {"Content-Type": "application/json"}
    for path in ("/embed", "/similar", "/v1/embeddings"):
        status, said = refused(client.post(path, content=body, headers=headers))
        assert status in (400, 422)
        assert "secret" not in said


def test_a_body_that_is_not_said_to_be_json_is_refused(client: TestClient) -> None:
    status, said = refused(client.post("/embed", content='{"texts": ["a"]}'))
    assert (status, "Content-Type: application/json" in said) == (422, True)


def test_what_is_not_there_is_said(client: TestClient) -> None:
    assert refused(client.get("/nothing")) == (404, "Not Found")
    assert refused(client.get("/embed")) == (405, "Method Not Allowed")


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
nearly = st.fixed_dictionaries(
    {"texts": st.lists(st.text() | st.dictionaries(st.just("text") | st.text(), scalars)) | values},
    optional={"k": values, "input": st.lists(st.text()) | values, "model": st.just("letters")},
)
bodies = st.binary() | (values | nearly).map(lambda value: json.dumps(value).encode())


@given(body=bodies, path=st.sampled_from(["/embed", "/similar", "/v1/embeddings"]))
@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_body_is_an_error_of_the_server(body: bytes, path: str, client: TestClient) -> None:
    answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 400, 404, 422)
    if answer.status_code != 200:
        refused(answer)


class Held:
    """A model that answers when it may."""

    def __init__(self, served: ModelService) -> None:
        self.served, self.may, self.began = served, threading.Event(), threading.Event()

    def run(self, question: Query, rows: Any) -> Any:
        """Wait, then answer."""
        self.began.set()
        assert self.may.wait(20)
        return self.served.run(question, rows)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.served, name)


@pytest.fixture
def held(served: ModelService) -> Iterator[Held]:
    made = Held(served)
    yield made
    made.may.set()


def test_above_what_may_wait_a_client_is_told_to_come_again(held: Any) -> None:
    limits = replace(Limits(), waiting=3, batch_texts=1, max_batch_wait=0)
    with (
        TestClient(make_app(held, limits=limits), base_url=HERE) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        first = pool.submit(client.post, "/embed", json={"texts": ["first"]})
        assert held.began.wait(20)
        answer = client.post("/embed", json={"texts": ["a"] * 4})
        assert refused(answer) == (503, "the queue is full; try again")
        assert answer.headers["retry-after"] == "1"
        held.may.set()
        assert first.result(20).status_code == 200
        assert client.post("/embed", json={"texts": ["a"] * 3}).status_code == 200


def test_what_takes_too_long_is_given_up(held: Any) -> None:
    limits = replace(Limits(), answer_seconds=0.01)
    with TestClient(make_app(held, limits=limits), base_url=HERE) as client:
        answer = client.post("/embed", json={"texts": ["a"]})
        assert refused(answer) == (503, "the request timed out; try again")
        assert answer.headers["retry-after"] == "1"
        held.may.set()


class Broken(Held):
    """A model that cannot answer some texts."""

    def run(self, question: Query, rows: Any) -> Any:
        """Answer, or fail."""
        if any("unreadable" in row["text"] for row in rows):
            msg = "unreadable"
            raise DataError(msg)
        if any("bug" in row["text"] for row in rows):
            msg = "bug"
            raise RuntimeError(msg)
        return self.served.run(question, rows)


def test_an_error_of_the_model_is_told_without_its_words(served: ModelService) -> None:
    broken: Any = Broken(served)
    app = make_app(broken)
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        found = refused(client.post("/embed", json={"texts": ["unreadable"]}))
        assert found == (422, "one of the texts cannot be read")
        found = refused(client.post("/embed", json={"texts": ["bug"]}))
        assert found == (500, "internal server error; see the log of the server")
        # No letter that is counted: a direction of 0/0.
        status, said = refused(client.post("/embed", json={"texts": ["xyz"]}))
        assert (status, "no finite embedding" in said) == (422, True)
        assert client.post("/embed", json={"texts": ["tea"]}).status_code == 200

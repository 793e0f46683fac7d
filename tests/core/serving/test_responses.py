"""A response is bounded in bytes before it is made, and while it is sent."""

import asyncio
import json
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import pytest
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from hydro.plugins.retrieval import Hit
from hydro.serving.app import make_app
from hydro.serving.limits import Limits
from hydro.serving.model_service import ModelService
from hydro.serving.responses import PIECE, Outgoing, bytes_of_embeddings, bytes_of_hits

HERE = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Long:
    """Finds rows of a long text, which all share."""

    text: str
    label: str = "a"

    def search(self, queries: pd.DataFrame, k: int) -> list[list[Hit]]:
        """Give the hits of each query."""
        return [[Hit(0, 1.0, self.text, self.label, None)] * k for _ in range(len(queries))]

    @property
    def facts(self) -> dict[str, Any]:
        """Describe it."""
        return {"rows": 1}

    def save(self, folder: Any) -> None:
        """Write nothing."""


def ask(served: ModelService, path: str, limits: Limits, **body: Any) -> Any:
    """Ask a server once."""
    with TestClient(make_app(served, limits=limits), base_url=HERE) as client:
        return client.post(path, json=body)


@pytest.mark.parametrize("text", ["x" * 28_000, "€" * 9_000, '"' * 14_000, "\x01" * 5_000])
def test_neighbors_of_more_bytes_than_a_response_may_have_are_refused_before_it_is_made(
    text: str, served: ModelService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dump(self: BaseModel) -> str:
        raise AssertionError

    monkeypatch.setattr(BaseModel, "model_dump_json", dump)
    long: Any = replace(served, index=Long(text))
    answer = ask(long, "/similar", Limits(), texts=["a"] * 256, k=100)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (422, "texts")
    assert "the limit is 33,554,432; send fewer texts, or a smaller k" in error["message"]
    assert len(answer.content) < 1000


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/similar", {"texts": ["tea", "see"], "k": 3}),
        ("/classify", {"texts": ["tea", "see"], "k": 3}),
        ("/embed", {"texts": ["tea", "see"]}),
        ("/v1/embeddings", {"input": ["tea", "see"], "model": "letters"}),
    ],
)
def test_each_answer_is_bounded_by_the_limit(path: str, body: Any, served: ModelService) -> None:
    long: Any = replace(served, index=Long("x" * 50, "x" * 50))
    fine = ask(long, path, Limits(), **body)
    assert fine.status_code == 200
    assert ask(long, path, replace(Limits(), response=5000), **body).content == fine.content
    refused = ask(long, path, replace(Limits(), response=200), **body)
    assert refused.status_code == 422
    assert "the limit is 200" in refused.json()["error"]["message"]
    assert refused.json()["error"]["param"] == ("input" if "input" in body else "texts")


def test_embeddings_are_refused_before_they_are_computed(
    served: ModelService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ModelService, "run", None)
    answer = ask(served, "/embed", replace(Limits(), response=10), texts=["a"])
    assert answer.status_code == 422


@pytest.mark.parametrize("value", [-1.2345678901234567e-300, -3.4028234663852886e38, 0.1, 1.0])
def test_no_number_takes_more_bytes_than_computed(value: float) -> None:
    class Numbers(BaseModel):
        values: list[float]

    text = Numbers(values=[value] * 100).model_dump_json()
    assert len(text) - len('{"values":[]}') <= bytes_of_embeddings(10, 10)


@pytest.mark.parametrize("label", ["", "x" * 1000, "€" * 1000])
@pytest.mark.parametrize("text", ["plain", '"\\\n', "\x00\x1f\x7f" * 100, "€𝄞" * 100, ""])
def test_no_hit_takes_more_bytes_than_computed(text: str, label: str) -> None:
    class Answer(BaseModel):
        hits: list[list[Hit]]

    hit = Hit(10**12, -1.2345678901234567e-10, text, label, False)
    hits = [[hit] * 3, [], [hit]]
    size = bytes_of_hits(hits, 10**9)
    real = len(Answer(hits=hits).model_dump_json().encode())
    assert real <= size <= real + 4 * 128
    alone = bytes_of_hits([[hit]], 10**9)
    assert bytes_of_hits([[hit]] * 1000, 200) <= alone + 200, "it stops above the limit"


class Answer(BaseModel):
    """An answer of some bytes."""

    text: str


def send(response: Any, on_send: Any = lambda: None) -> list[Any]:
    """Send a response; return its messages."""
    sent: list[Any] = []

    async def sender(message: Any) -> None:
        on_send()
        sent.append(message)

    asyncio.run(response({"type": "http"}, None, sender))
    return sent


@pytest.mark.parametrize("size", [1, PIECE - 11, PIECE, 3 * PIECE])
def test_an_answer_is_sent_in_pieces_and_is_whole(size: int) -> None:
    outgoing = Outgoing(Limits())
    held: list[int] = []
    start, *pieces = send(
        outgoing.respond(Answer(text="x" * size)), lambda: held.append(outgoing.bytes)
    )
    body = b"".join(each["body"] for each in pieces)
    assert json.loads(body) == {"text": "x" * size}
    assert (b"content-length", b"%d" % len(body)) in start["headers"]
    assert max(len(each["body"]) for each in pieces) <= PIECE
    assert [each["more_body"] for each in pieces] == [True] * (len(pieces) - 1) + [False]
    assert set(held) == {len(body)}
    assert outgoing.bytes == 0


def test_while_too_much_is_being_sent_no_answer_is_made() -> None:
    outgoing = Outgoing(replace(Limits(), unread=100))
    refusals: list[Any] = []

    def another() -> None:
        with pytest.raises(HTTPException) as refused:
            outgoing.respond(Answer(text="x" * 50))
        refusals.append((refused.value.status_code, refused.value.headers))

    send(outgoing.respond(Answer(text="x" * 50)), another)
    assert refusals[0] == (503, {"Retry-After": "1"})
    assert outgoing.respond(Answer(text="x" * 50))


def test_what_a_client_that_has_gone_was_sent_is_not_counted_any_more() -> None:
    outgoing = Outgoing(Limits())

    def gone() -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        send(outgoing.respond(Answer(text="x")), gone)
    assert outgoing.bytes == 0

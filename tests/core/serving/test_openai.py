"""The API for embeddings answers as OpenAI's does."""

import base64
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient


def ask(client: TestClient, **body: Any) -> Any:
    """Ask for embeddings."""
    return client.post("/v1/embeddings", json={"model": "letters", **body})


def test_one_text_or_several_are_embedded(client: TestClient) -> None:
    one = ask(client, input="see it").json()
    several = ask(client, input=["tea", "see it"], user="somebody", dimensions=10).json()
    assert one["usage"] == {"prompt_tokens": 2, "total_tokens": 2}
    assert several["usage"]["total_tokens"] == 3
    assert [each["index"] for each in several["data"]] == [0, 1]
    assert several["data"][1]["embedding"] == one["data"][0]["embedding"]
    assert (one["object"], one["data"][0]["object"], one["model"]) == (
        "list",
        "embedding",
        "letters",
    )


def test_base64_is_of_the_same_numbers(client: TestClient) -> None:
    (numbers,) = ask(client, input="see it", encoding_format="float").json()["data"]
    (coded,) = ask(client, input="see it", encoding_format="base64").json()["data"]
    decoded = np.frombuffer(base64.b64decode(coded["embedding"]), "<f4")
    np.testing.assert_array_equal(decoded, np.array(numbers["embedding"], np.float32))


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"input": "a", "model": "ada"}, 404, "no such model; available: letters"),
        ({"input": "a", "dimensions": 3}, 400, "dimensions: an embedding of this model has 10"),
        ({"input": ""}, 422, "input[0]: the text is blank"),
        ({"input": ["a", " "]}, 422, "input[1]: the text is blank"),
        ({"input": []}, 422, "input: an empty list; send at least one text"),
        ({"input": [1, 2]}, 422, "input: lists of tokens are not supported; send texts (Lang"),
        ({"input": [[1, 2], [3]]}, 422, "input: lists of tokens are not supported; send texts"),
        ({"input": ["a", 1]}, 422, "input[1]: not a text"),
        ({"input": ["a", {"text": "a"}]}, 422, "input[1]: not a text"),
        ({"input": {"text": "a"}}, 422, "input: not a list of texts"),
        ({"input": None}, 422, "input: not a list of texts"),
        ({"input": ["a"] * 300}, 422, "input: 300 texts, where a request has at most 256"),
        (
            {"input": ["a", "a" * 40_000]},
            422,
            "input[1]: 40,000 characters, where a text has at most 32,768",
        ),
        ({"input": "a" * 40_000}, 422, "input[0]: 40,000 characters, where a text has at most"),
        ({"input": "a", "encoding_format": "int8"}, 422, "encoding_format: "),
    ],
)
def test_what_cannot_be_done_is_refused(
    body: Any, status: int, said: str, client: TestClient
) -> None:
    answer = ask(client, **body)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error["message"].startswith(said)
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    assert error["param"] in (None, said.partition(":")[0].partition("[")[0])
    assert status != 422 or error["param"]


def test_the_model_is_listed(client: TestClient) -> None:
    (model,) = client.get("/v1/models").json()["data"]
    assert model == {"id": "letters", "object": "model", "created": 1700000000, "owned_by": "hydro"}

"""A refusal is one line that repeats nothing of what was sent."""

import json

import pytest
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from hydro.serving.errors import InvalidRequest, error_response, first_error
from hydro.serving.schemas import SearchRequest


def test_a_refusal_has_the_shape_that_openai_clients_read() -> None:
    answer = error_response(HTTPException(503, "later", {"Retry-After": "1"}))
    told = {"message": "later", "type": "server_error", "param": None, "code": None}
    assert json.loads(bytes(answer.body)) == {"error": told}
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    of_field = json.loads(bytes(error_response(InvalidRequest("k", "no", item=1)).body))["error"]
    assert (of_field["message"], of_field["param"]) == ("k[1]: no", "k")
    kind = json.loads(bytes(error_response(HTTPException(404, "no")).body))["error"]["type"]
    assert kind == "invalid_request_error"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"texts": ["a", 3]}, "texts[1]: not a text"),
        ({"texts": [{"secret": 1}]}, "texts[0]: not a text"),
        ({"texts": [{"a": None}, "a"]}, "texts[0]: not a text"),
        ({"texts": "a"}, "texts: not a list of texts"),
        ({"texts": {"secret": "a"}}, "texts: not a list of texts"),
        ({"texts": []}, "texts: an empty list; send at least one text"),
        ({"texts": [1, 2]}, "texts: lists of tokens are not supported; send texts"),
        ({}, "texts: Field required"),
        ({"texts": ["a"], "k": 0}, "k: Input should be greater than or equal to 1"),
        ({"texts": ["a"], "k": "5"}, "k: Input should be a valid integer"),
        ({"texts": ["a"], "secret": 1}, "unknown field; available: texts, k"),
        ([], "the body is not a JSON object; send Content-Type: application/json"),
    ],
)
def test_the_first_fault_is_said(body: object, said: str) -> None:
    with pytest.raises(ValidationError) as failure:
        SearchRequest.model_validate(body)
    # FastAPI puts "body" before the place.
    errors = [{**each, "loc": ("body", *each["loc"])} for each in failure.value.errors()]
    error = first_error(errors, list(SearchRequest.model_fields))
    found = error.detail
    assert error.status_code == 422
    assert found.startswith(said)
    assert "secret" not in found
    assert "\n" not in found

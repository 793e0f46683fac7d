"""Error responses: one line, in the format of OpenAI's API."""

from collections.abc import Mapping, Sequence

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

RETRY_AFTER = {"Retry-After": "1"}
"""Seconds after which an overloaded server may be tried again."""


def error_response(error: HTTPException) -> JSONResponse:
    """Return the response to a request that failed."""
    kind = "invalid_request_error" if error.status_code < 500 else "server_error"
    detail = {"message": error.detail, "type": kind, "param": None, "code": None}
    return JSONResponse({"error": detail}, error.status_code, headers=error.headers)


def first_error(errors: Sequence[Mapping[str, object]], fields: Sequence[str]) -> str:
    """Describe the first error in a body, without repeating anything that was sent."""
    error = errors[0]
    kind, location = error["type"], error["loc"]
    assert isinstance(location, tuple)
    where = location[1:]
    if kind == "json_invalid":
        return "the body is not JSON"
    if kind == "extra_forbidden":
        return f"unknown field; available: {', '.join(fields)}"
    if not where:
        return "the body is not a JSON object; send Content-Type: application/json"
    place = str(where[0])
    # Deeper places may be names that were sent.
    if len(where) > 1 and isinstance(where[1], int):
        place += f"[{where[1]}]"
    return f"{place}: {error['msg']}"

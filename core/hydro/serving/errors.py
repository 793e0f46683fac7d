"""How a request is refused: one line, in the shape that OpenAI's clients read."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

RETRY_AFTER = {"Retry-After": "1"}
"""For a server that has too much to do."""


def error_response(error: HTTPException) -> JSONResponse:
    """Write a refusal."""
    kind = "invalid_request_error" if error.status_code < 500 else "server_error"
    told = {"message": error.detail, "type": kind, "param": None, "code": None}
    return JSONResponse({"error": told}, error.status_code, headers=error.headers)


def first_error(errors: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> str:
    """Describe the first thing that is wrong with a body, and repeat nothing that was sent."""
    error = errors[0]
    kind, where = error["type"], list(error["loc"])[1:]
    if kind == "json_invalid":
        return "the body is no JSON"
    if kind == "extra_forbidden":
        return f"an unknown field; there is: {', '.join(fields)}"
    if not where:
        return "the body is no JSON object; send Content-Type: application/json"
    place = str(where[0])
    # What is further inside may be a name that was sent.
    if len(where) > 1 and isinstance(where[1], int):
        place += f"[{where[1]}]"
    return f"{place}: {error['msg']}"

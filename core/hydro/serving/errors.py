"""Error responses: one line, in the format of OpenAI's API."""

from collections.abc import Mapping, Sequence

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

RETRY_AFTER = {"Retry-After": "1"}
"""Seconds after which an overloaded server may be tried again."""


class InvalidRequest(HTTPException):
    """A field of a request cannot be used."""

    def __init__(self, field: str, message: str, *, item: int | None = None) -> None:
        """Describe what is wrong with a field, or with one item of its list."""
        place = field if item is None else f"{field}[{item}]"
        super().__init__(422, f"{place}: {message}")
        self.field = field


def error_response(error: HTTPException) -> JSONResponse:
    """Return the response to a request that failed."""
    kind = "invalid_request_error" if error.status_code < 500 else "server_error"
    field = error.field if isinstance(error, InvalidRequest) else None
    detail = {"message": error.detail, "type": kind, "param": field, "code": None}
    return JSONResponse({"error": detail}, error.status_code, headers=error.headers)


def first_error(errors: Sequence[Mapping[str, object]], fields: Sequence[str]) -> HTTPException:
    """Describe the first error in a body, without repeating anything that was sent."""
    error = errors[0]
    kind, location, context = error["type"], error["loc"], error.get("ctx")
    assert isinstance(location, tuple)
    if kind == "json_invalid":
        return HTTPException(422, "the body is not JSON")
    if kind == "extra_forbidden":
        return HTTPException(422, f"unknown field; available: {', '.join(fields)}")
    if len(location) < 2:
        told = "the body is not a JSON object; send Content-Type: application/json"
        return HTTPException(422, told)
    # Deeper places may be names that were sent.
    item = context.get("item") if isinstance(context, dict) else None
    return InvalidRequest(str(location[1]), str(error["msg"]), item=item)

"""Types of settings that read one value or several."""

from typing import Annotated

from pydantic import BeforeValidator, JsonValue, WithJsonSchema


def as_list(value: object) -> object:
    """Read one value as a list of one, and nothing as an empty list."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str | int | float) else value


def _as_texts(value: object) -> object:
    """Read ids as strings, whether written as numbers or not."""
    listed = as_list(value)
    if not isinstance(listed, list | tuple):
        return listed
    return tuple(str(each) if isinstance(each, int) else each for each in listed)


def _one_or_several(*types: JsonValue) -> WithJsonSchema:
    item: JsonValue = {"type": [*types] if len(types) > 1 else types[0]}
    return WithJsonSchema({"anyOf": [item, {"type": "array", "items": item}]})


Names = Annotated[tuple[str, ...], BeforeValidator(as_list), _one_or_several("string")]
"""One name or several: a scalar is a list of one."""

Ids = Annotated[tuple[str, ...], BeforeValidator(_as_texts), _one_or_several("string", "integer")]
"""Ids, kept as the strings they are written as."""

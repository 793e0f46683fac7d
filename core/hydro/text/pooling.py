"""Pool the token vectors of packed texts to one vector per text."""

from collections.abc import Callable

import torch
from torch import Tensor


def average(tokens: Tensor, offsets: Tensor) -> Tensor:
    """Average over each text: ``(tokens, width)`` to ``(texts, width)``."""
    return torch.segment_reduce(tokens, "mean", offsets=offsets, axis=0)


def maximum(tokens: Tensor, offsets: Tensor) -> Tensor:
    """Return the largest value of every dimension in each text: ``(texts, width)``."""
    return torch.segment_reduce(tokens, "max", offsets=offsets, axis=0)


def first(tokens: Tensor, offsets: Tensor) -> Tensor:
    """Return the first token of each text, ``[CLS]`` where there is one: ``(texts, width)``."""
    return tokens[offsets[:-1]]


def last(tokens: Tensor, offsets: Tensor) -> Tensor:
    """Return the last token of each text: ``(texts, width)``."""
    return tokens[offsets[1:] - 1]


POOLS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "Average": average,
    "[CLS] token": first,
    "Max": maximum,
    "Last token": last,
}
"""Pooling functions by the names that settings use."""

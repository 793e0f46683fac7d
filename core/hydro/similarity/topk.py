"""The largest values of each column of a matrix, in order; of equal ones the upper row first."""

import math

import torch
from torch import Tensor

BYTES_PER_VALUE = 40  # what ordering one value takes: keys, copies, columns
SMALLEST_GROUP = 4  # columns; with smaller ones, leaving groups out saves nothing


def stable_topk(values: Tensor, count: int, *, memory_bytes: int = 2**26) -> Tensor:
    """Return the rows of each column's ``count`` largest values, ``(columns, count)``, in order.

    Of equal values, the one in the row with the lower number comes first. ``values`` is
    ``(rows, columns)``, float32, without NaN; ``memory_bytes`` is about the memory taken at a time.
    """
    rows, columns = values.shape
    chosen = torch.empty((columns, count), dtype=torch.int64, device=values.device)
    if not count:
        return chosen
    # As many groups as rows in the chosen groups: that minimizes the values to order.
    size = 2 ** int(math.log2(rows / count) / 2)
    if size < SMALLEST_GROUP:
        every = torch.arange(rows, device=values.device)
        for part in slices(columns, memory_bytes // (rows * BYTES_PER_VALUE)):
            keys = sortable_keys(values[:, part].T.contiguous(), every)
            chosen[part] = keys.topk(count).indices
        return chosen
    tops = values[: rows // size * size].unflatten(0, (-1, size)).amax(dim=1).T.contiguous()
    for part in slices(columns, memory_bytes // (tops.shape[1] * 2 * BYTES_PER_VALUE)):
        chosen[part] = _topk_in_groups(values.T[part], tops[part], count, size)
    return chosen


def slices(rows: int, size: int) -> list[slice]:
    """Cut rows into slices of this size, but of one row at least."""
    size = max(1, size)
    return [slice(first, min(first + size, rows)) for first in range(0, rows, size)]


def sortable_keys(values: Tensor, rows: Tensor) -> Tensor:
    """Turn values into int64 keys that order by value, then by the lower row; no two are equal.

    The bits of floats, read as integers, order like the floats, but the other way round below 0.
    They fill the upper half of a key; the row number, counted down, fills the lower half.
    """
    bits = (values + 0.0).view(torch.int32)  # -0.0 becomes 0.0: the two are a tie
    bits ^= (bits >> 31) & 0x7FFFFFFF
    return torch.add(0x7FFFFFFF - rows, bits, alpha=2**32)


def _topk_in_groups(values: Tensor, tops: Tensor, count: int, size: int) -> Tensor:
    """Find the largest values only in the groups of rows that can hold them.

    Order the groups by their largest value, of equal ones the upper group first. Each of the first
    ``count`` groups then holds a value that comes before every value of the groups behind them.
    ``values`` is ``(columns, rows)``, ``tops`` ``(columns, groups)``.
    """
    groups = tops.shape[1]
    device = values.device
    first = sortable_keys(tops, torch.arange(groups, device=device)).topk(count).indices * size
    inside = (first[:, :, None] + torch.arange(size, device=device)).flatten(1)
    behind = torch.arange(groups * size, values.shape[1], device=device)  # too few for a group
    rows = torch.cat([inside, behind.expand(len(values), -1)], dim=1)
    return rows.gather(1, sortable_keys(values.gather(1, rows), rows).topk(count).indices)

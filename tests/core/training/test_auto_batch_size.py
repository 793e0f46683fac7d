"""Running out of memory is recognized, explained, and answered with smaller batches."""

import pytest
import torch

from hydro.errors import ResourceError
from hydro.training.auto_batch_size import (
    explain_out_of_memory,
    halve_batch_until_it_fits,
    is_out_of_memory,
)

KINDS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
    MemoryError(),
    RuntimeError("CUDA error: out of memory"),
    RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"),
    RuntimeError("std::bad_alloc"),
]


@pytest.mark.parametrize("error", KINDS, ids=lambda error: str(error)[:20])
def test_all_ways_of_saying_it_are_recognized(error: Exception) -> None:
    assert is_out_of_memory(error)
    with pytest.raises(ResourceError, match="Lower training"), explain_out_of_memory():
        raise error


def test_other_errors_pass_through() -> None:
    with pytest.raises(RuntimeError, match="size"), explain_out_of_memory():
        torch.zeros(2) @ torch.zeros(3)


@pytest.mark.parametrize("error", KINDS, ids=lambda error: str(error)[:20])
def test_sizes_are_halved_until_one_fits(error: Exception) -> None:
    tried = []

    def attempt(size: int) -> int:
        tried.append(size)
        if size > 8:
            raise error
        return size

    assert halve_batch_until_it_fits(128, attempt) == 8
    assert tried == [128, 64, 32, 16, 8]


def test_a_single_row_that_does_not_fit_is_the_end() -> None:
    def attempt(size: int) -> int:
        raise MemoryError(size)

    with pytest.raises(MemoryError, match="1"):
        halve_batch_until_it_fits(3, attempt)

"""Tests of recognizing and explaining that memory ran out."""

import pytest
import torch

from hydro.errors import OutOfMemoryError
from hydro.training.out_of_memory import explain_out_of_memory, is_out_of_memory

KINDS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
    MemoryError(),
    RuntimeError("CUDA error: out of memory"),
    RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"),
    RuntimeError("std::bad_alloc"),
]


@pytest.mark.parametrize("error", KINDS, ids=lambda error: str(error)[:20])
def test_every_out_of_memory_message_is_recognized(error: Exception) -> None:
    assert is_out_of_memory(error)
    with pytest.raises(OutOfMemoryError, match="Lower training"), explain_out_of_memory():
        raise error


def test_other_errors_pass_through() -> None:
    with pytest.raises(RuntimeError, match="size"), explain_out_of_memory():
        torch.zeros(2) @ torch.zeros(3)

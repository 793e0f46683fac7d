"""Running out of memory: how it is recognized and explained."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from hydro.errors import OutOfMemoryError

OOM_MESSAGES = (
    "out of memory",
    "can't allocate memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "std::bad_alloc",
)
"""Parts of the RuntimeErrors that mean it."""


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error of torch or Python means that memory ran out."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in OOM_MESSAGES)


@contextmanager
def explain_out_of_memory() -> Iterator[None]:
    """Turn out-of-memory errors into one that says what to lower.

    Raises:
        OutOfMemoryError: instead of what torch or Python raised.
    """
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        msg = (
            "out of memory. Lower training.batch_size, and raise training.grad_accumulation as "
            "much to train on as many rows an update, or set "
            "training.automatically_adjust_batch_size; log.txt says what did not fit"
        )
        raise OutOfMemoryError(msg) from error


def free_memory() -> None:
    """Return unused memory to the device."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()

"""What to do, or to say, when a run needs more memory than there is."""

import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch

from hydro.errors import ResourceError

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

OOM_MESSAGES = (
    "out of memory",
    "can't allocate memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "std::bad_alloc",
)
"""What the messages of the RuntimeErrors say that mean it."""


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error of torch or of Python means that memory ran out."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in OOM_MESSAGES)


@contextmanager
def explain_out_of_memory() -> Iterator[None]:
    """Describe what to lower when memory runs out.

    Raises:
        ResourceError: instead of what torch or Python raised.
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
        raise ResourceError(msg) from error


def halve_batch_until_it_fits(batch_size: int, attempt: Callable[[int], Result]) -> Result:
    """Make attempts from the start, with half the batch size after each that runs out of memory.

    ``attempt`` is given the batch size. It must build all it needs itself, so that the one that
    fits is what it would have been alone.

    Raises:
        Exception: what an attempt raised, if it is something else or the size is 1.
    """
    while True:
        try:
            return attempt(batch_size)
        except Exception as error:
            if not is_out_of_memory(error) or batch_size == 1:
                raise
            batch_size = batch_size // 2
            logger.warning("out of memory: starting again with batches of %d", batch_size)
        # Outside the handler: the error's traceback holds on to all that did not fit.
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

"""What to say when a run needs more memory than there is."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from hydro.errors import ResourceError


@contextmanager
def limited_memory() -> Iterator[None]:
    """Say what to lower when memory runs out.

    Raises:
        ResourceError: instead of what torch or Python raised.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        msg = (
            "out of memory. Lower training.batch_size, and raise training.grad_accumulation as "
            "much to train on as many rows an update; log.txt says what did not fit"
        )
        raise ResourceError(msg) from error

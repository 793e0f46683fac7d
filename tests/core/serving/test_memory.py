"""Freed memory goes back to the system."""

from pathlib import Path

import numpy as np
import pytest

from hydro.serving.memory import trim_heap


def resident() -> int:
    """Return this process' memory that is not of files, in kB."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_free_memory_between_blocks_in_use_is_returned() -> None:
    blocks = [np.ones(8_000) for _ in range(3_000)]
    kept = blocks[::50]
    before = resident()
    del blocks
    trim_heap()
    assert before - resident() > 100_000
    assert len(kept) == 60

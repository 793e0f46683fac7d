"""What a server has no more use for goes back to the system."""

import re
from pathlib import Path

import pytest

from hydro.serving.memory import trim_heap

STATUS = Path("/proc/self/status")


def held() -> int:
    """Give the memory of this process in kB."""
    found = re.search(r"RssAnon:\s+(\d+)", STATUS.read_text())
    assert found
    return int(found.group(1))


@pytest.mark.skipif(not STATUS.exists(), reason="needs Linux")
def test_what_lies_free_between_used_pieces_is_given_back() -> None:
    pieces = [bytearray(5000) for _ in range(20_000)]
    kept = pieces[::50]
    del pieces
    before = held()
    trim_heap()
    assert held() < before - 50_000
    assert len(kept) == 400


def test_a_system_without_the_function_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())
    assert trim_heap() is None  # type: ignore[func-returns-value]

"""Damaged settings and tables are read or refused; the whole fuzz run is made by hand."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "docs/benchmarks/fuzz.py"
CASES = 840


@pytest.fixture(scope="module")
def fuzz() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("fuzz", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks for its module there.
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "fuzz", module)
        spec.loader.exec_module(module)
    return module


def test_damaged_files_are_read_or_refused(fuzz: ModuleType) -> None:
    tried = fuzz.fuzz(CASES, start=1_000_000)
    assert [each.counts.total() for each in tried] == [CASES // 7] * 7
    # Neither everything is refused, nor is damage taken for data.
    assert all(each.counts["read"] and each.counts["refused"] for each in tried)


def test_what_no_reader_may_raise_ends_it_with_the_case(fuzz: ModuleType, tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        b"\xff".decode()

    with pytest.raises(UnicodeDecodeError) as caught:
        fuzz.Reader("a.csv", b"text", fail, KeyError).try_one(tmp_path, 7)
    assert caught.value.__notes__ == ["a.csv, seed 7"]

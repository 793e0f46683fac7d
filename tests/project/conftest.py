"""What the tests about the project share: where it is, and which files it is made of."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def files() -> Sequence[Path]:
    """Every file that is, or would be, in the repository."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = [ROOT / name for name in names.split("\0") if name]
    return [path for path in found if path.is_file()]


@pytest.fixture(scope="session")
def sources(files: Sequence[Path]) -> Sequence[Path]:
    """Every Python file."""
    return [path for path in files if path.suffix == ".py"]

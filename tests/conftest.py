"""What tests share: the registry with the plugins of tests/support, and a small table."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

# Tests run side by side on few cores; threads would only fight for them.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["HF_HUB_OFFLINE"] = "1"

from hydro.cli import main
from hydro.plugins.loading import GROUP, load_plugins
from hydro.plugins.registry import Registry

SUPPORT = Path(__file__).parent / "support"
PLUGINS = {
    "cosface": "hydro_cosface",
    "text_classifier": "hydro_text_classifier",
    "text_regression": "hydro_text_regression",
    "text_metric_learning": "hydro_text_metric_learning.plugin",
    "linear_regression": "hydro_linear_regression",
}


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name bytes by their number: a compressed file has the time in it, and workers' ids differ."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDRO_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(autouse=True)
def _no_leaks() -> Iterator[None]:
    before = _environment()
    yield
    assert _environment() == before, "a test changed the environment"


def _environment() -> dict[str, str]:
    # Importing torch's compiler and OpenMP's users sets the latter two, once for all tests.
    own = ("PYTEST_", "HYDRO_CACHE", "TORCHINDUCTOR_", "KMP_")
    return {name: each for name, each in os.environ.items() if not name.startswith(own)}


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[..., tuple[int, str, str]]]:
    """Run a command line, of which signals are taken back: exit code, stdout, stderr."""
    before = signal.getsignal(signal.SIGTERM)

    def run(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        code: Any = 0
        try:
            main([str(each) for each in arguments])
        except SystemExit as exit:
            code = exit.code
        return (code, *capfd.readouterr())

    yield run
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session")
def registry() -> Registry:
    """hydro's own plugins and those of tests/support, as entry points name them."""
    points = [EntryPoint(name, value, GROUP) for name, value in PLUGINS.items()]
    found = Registry(tuple(load_plugins(points)))
    assert not found.failures
    return found


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder that has the linear regression installed, for a path of Python's."""
    name = "hydro_linear_regression"
    shutil.copytree(SUPPORT / "linear_regression" / name, tmp_path / "site" / name)
    facts = tmp_path / "site" / f"{name}-0.1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n")
    (facts / "entry_points.txt").write_text(f"[{GROUP}]\nlinear_regression = {name}\n")
    return facts.parent


@pytest.fixture
def wordcount_yml(tmp_path: Path) -> Path:
    """A linear regression on the number of words of forty short texts."""
    words = "one two three four five six seven eight nine ten".split()
    rows = [" ".join(words[: 1 + (row * 7) % 10]) for row in range(40)]
    lines = ["text,words,fold"]
    lines += [f"{text},{len(text.split())},{row % 4}" for row, text in enumerate(rows)]
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    config = tmp_path / "linear_regression.yml"
    config.write_text(
        "problem_type: linear_regression\n"
        "dataset:\n"
        "  train_dataframe: rows.csv\n"
        "  text_column: text\n"
        "  label_columns: words\n"
        "environment: {seed: 3, number_of_workers: 0}\n",
        encoding="utf-8",
    )
    return config

"""`hydro resume` goes on with what is missing, and says what it cannot go on with."""

from collections.abc import Callable
from pathlib import Path

Hydro = Callable[..., tuple[int, str, str]]


def test_a_folder_without_an_experiment_is_an_error(hydro: Hydro, tmp_path: Path) -> None:
    code, shown, said = hydro("resume", str(tmp_path))
    assert (code, shown) == (3, "")
    assert f"{tmp_path / 'config.yaml'}: cannot be read" in said


def test_a_single_run_is_to_be_run_again(hydro: Hydro, config: Path) -> None:
    config.rename(config.with_name("config.yaml"))
    code, shown, said = hydro("resume", str(config.parent))
    assert (code, shown) == (3, "")
    assert "a single run. Train it again with: hydro run" in said

"""`hydro serve` refuses what would be unsafe or cannot work, before it listens."""

import dataclasses
import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from hydro.artifacts.run_folder import RunFolder
from hydro.artifacts.status import Status, write_status
from hydro.serving.limits import Limits

Hydro = Callable[..., tuple[int, str, str]]


@pytest.fixture
def experiment(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an experiment that never ran."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HYDRO_SERVE_TOKEN", raising=False)
    folder = tmp_path / "runs" / "calm-bay"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(config.read_text(encoding="utf-8"), encoding="utf-8")
    write_status(RunFolder(folder), Status("failed", reason="data", message="no rows", seconds=1))
    return "calm-bay"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1"])
def test_other_machines_are_not_answered_without_a_token(
    host: str, hydro: Hydro, experiment: str
) -> None:
    code, shown, said = hydro("serve", experiment, "--host", host)
    assert (code, shown) == (2, "")
    assert f"--host {host} can be reached from other machines, so it needs a token" in said
    assert "--token-file" in said
    assert "HYDRO_SERVE_TOKEN" in said


def test_a_bad_token_is_refused_and_not_told(
    hydro: Hydro, experiment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDRO_SERVE_TOKEN", "secret")
    code, _, said = hydro("serve", experiment)
    assert (code, "secret" in said) == (3, False)
    assert "openssl rand -hex 32" in said
    assert hydro("serve", experiment, "--token-file", "none")[0] == 3


def test_a_token_is_no_option(hydro: Hydro, experiment: str) -> None:
    assert hydro("serve", experiment, "--token", "0123456789abcdef")[0] == 2


def test_what_cannot_be_served_is_said(hydro: Hydro, experiment: str) -> None:
    code, shown, said = hydro("serve", experiment, "--port", "0")
    assert (code, shown) == (6, "")
    assert "no run of it has finished, so there is no model" in said
    code, _, said = hydro("serve", "nothing")
    assert (code, "Available there: calm-bay" in said) == (3, True)


def test_a_missing_package_names_the_extra(
    hydro: Hydro, experiment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # `import hydro.cli.serve` gives the command, which has the name of its module.
    module = importlib.import_module("hydro.cli.serve")
    monkeypatch.setattr(module, "find_spec", lambda name: name == "uvicorn" or None)
    code, _, said = hydro("serve", experiment)
    assert code == 5
    assert "hydro serve needs fastapi, fastapi_offline, prometheus_client. Run: pip install" in said
    assert "'hydro-experiments[serve]'" in said


@pytest.mark.parametrize("origin", ["*", "app.example", "https://app.example/path"])
def test_what_is_no_origin_is_refused(origin: str, hydro: Hydro, experiment: str) -> None:
    code, _, said = hydro("serve", experiment, "--allow-origin", origin)
    assert (code, f"--allow-origin {origin}" in said) == (3, True)


def test_each_limit_is_an_option_that_reaches_the_server(
    hydro: Hydro, experiment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("hydro.cli.serve")
    given: list[Limits] = []

    def replaced(limits: Limits, **values: int) -> Limits:
        given.append(dataclasses.replace(limits, **values))
        return given[-1]

    monkeypatch.setattr(module, "replace", replaced)
    options = [(f"--{name}", str(place)) for place, name in enumerate(module.LIMITS, 7)]
    hydro("serve", experiment, *(text for pair in options for text in pair))
    changed = {field: place for place, (field, _) in enumerate(module.LIMITS.values(), 7)}
    assert given == [dataclasses.replace(Limits(), **changed)]
    hydro("serve", experiment)
    assert given[-1] == Limits()
    for name, _ in options:
        assert hydro("serve", experiment, name, "0")[0] == 2

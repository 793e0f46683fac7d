"""Tests of ``hydro plugins``, and of a plugin that somebody else wrote and pip installed."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Cli = Callable[..., tuple[int, str, str]]
Hydro = Callable[..., subprocess.CompletedProcess[str]]

COSFACE = Path(__file__).parents[2] / "support" / "cosface"


def test_plugins_are_listed_with_what_they_bring(hydro: Cli) -> None:
    code, out, err = hydro("plugins")
    assert (code, err) == (0, "")
    assert (
        "builtin  (hydro-experiments, hydro.plugins.builtin)\n  optimizer: AdamW, Adam, SGD" in out
    )
    assert "hydro_text_metric_learning.plugin)\n  problem type: text_metric_learning\n" in out


def test_a_broken_plugin_is_listed_with_the_reason(hydro: Cli, broken: str) -> None:
    code, out, _ = hydro("plugins")
    assert code == 0
    said = f"plugin '{broken}' (hydro_broken) does not load: ModuleNotFoundError: No module named"
    assert f"broken  (hydro-broken 1.0, hydro_broken)\n  FAILED: {said}" in out
    assert "Uninstall hydro-broken, or set HYDRO_DISABLED_PLUGINS=broken\n" in out


def test_plugins_are_listed_for_programs(hydro: Cli, broken: str) -> None:
    code, out, _ = hydro("plugins", "--json")
    assert code == 0
    found = {each["name"]: each for each in json.loads(out)}
    assert found["builtin"]["brings"]["schedule"] == ["Cosine", "Constant", "Linear"]
    assert found["builtin"]["failure"] is None
    assert found[broken]["brings"] == {}
    assert found[broken]["failure"].startswith("plugin 'broken'")


def test_a_disabled_plugin_is_not_listed(
    hydro: Cli, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDRO_DISABLED_PLUGINS", broken)
    assert "broken" not in hydro("plugins")[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed CosFace, as it would install any package."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation"]
    quiet = ["--no-index", "--quiet", "--disable-pip-version-check", "--target", str(folder)]
    subprocess.run([*pip, *quiet, str(COSFACE)], check=True, capture_output=True)
    return folder


@pytest.fixture
def run(config: Path) -> Hydro:
    """Run hydro in a process of its own, with a folder of installed packages or without."""

    def hydro(*arguments: str, site: Path | None = None) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONPATH": str(site or ""), "COLUMNS": "160"}
        return subprocess.run(
            [sys.executable, "-c", "from hydro.cli import main; main()", *arguments],
            cwd=config.parent,
            env=environment,
            capture_output=True,
            text=True,
        )

    return hydro


def test_an_installed_loss_is_found_shown_and_accepted(
    site: Path, run: Hydro, config: Path
) -> None:
    listed = run("plugins", site=site)
    assert "cosface  (hydro-cosface 0.1.0, hydro_cosface)\n  loss: CosFace\n" in listed.stdout
    shown = run("schema", "text_metric_learning", site=site)
    assert "\n  cosface_margin " in shown.stdout
    assert "Only while training.loss_function is CosFace" in " ".join(shown.stdout.split())

    settings = config.read_text(encoding="utf-8")
    settings += "training: {loss_function: CosFace, cosface_margin: 0.2}\n"
    config.write_text(settings, encoding="utf-8")
    checked = run("validate", "cfg.yml", site=site)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "settings  ok  8 given" in checked.stdout


def test_without_the_plugin_the_same_file_is_refused_with_what_there_is(
    run: Hydro, config: Path
) -> None:
    settings = config.read_text(encoding="utf-8")
    settings += "training: {loss_function: CosFace}\n"
    config.write_text(settings, encoding="utf-8")
    refused = run("validate", "cfg.yml")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert refused.stderr.splitlines()[1] == (
        "cfg.yml:7:27: training.loss_function: no choice 'CosFace'; "
        "available: ArcFace, CrossEntropy, NormalizedSoftmax, ProxyAnchor, SoftTriple, SupCon, "
        "NTXent, MultiSimilarity, Circle, Triplet. Did you mean 'ArcFace'?"
    )

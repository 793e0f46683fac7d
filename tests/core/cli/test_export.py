"""`hydro export` writes a finished model for other programs, and says where."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hydro.testing import tiny_backbone

Hydro = Callable[..., tuple[int, str, str]]


@pytest.fixture
def trained(hydro: Hydro, config: Path, tmp_path: Path) -> Path:
    """The folder of a finished run without exports."""
    settings = f"""\
architecture: {{backbone: {tiny_backbone(tmp_path / "tiny")}}}
tokenizer: {{max_length: 16}}
training: {{epochs: 0, build_scoring_pipelines: false}}
experiment_name: calm-bay
"""
    config.write_text(config.read_text(encoding="utf-8") + settings, encoding="utf-8")
    code, _, said = hydro("run", str(config), "--output", str(tmp_path / "runs"))
    assert code == 0, said
    return tmp_path / "runs" / "calm-bay"


def test_every_format_is_written_and_named(hydro: Hydro, trained: Path) -> None:
    code, shown, said = hydro("export", str(trained), "--to", "all")
    assert code == 0
    exports = trained / "exports"
    assert shown.splitlines() == [
        f"sentence-transformers  {exports / 'sentence-transformers'}",
        f"onnx                   {exports / 'onnx'}",
        f"scoring-pipeline       {exports / 'scoring-pipeline'}",
        f"mlflow                 {exports / 'mlflow'}",
    ]
    assert [line.split(":")[0] for line in said.splitlines()] == [
        *(f"writing {name}" for name in ("sentence-transformers", "onnx")),
        "int8",
        *(f"writing {name}" for name in ("scoring-pipeline", "mlflow")),
    ]
    copied = {path.name for path in (exports / "sentence-transformers").iterdir()}
    assert copied == {path.name for path in (trained / "model").iterdir()}


def test_programs_are_told_in_json(hydro: Hydro, trained: Path, tmp_path: Path) -> None:
    to = ("--to", "sentence-transformers", "--output", str(tmp_path / "out"), "--json")
    code, shown, _ = hydro("export", str(trained), *to)
    assert code == 0
    written = {"sentence-transformers": str(tmp_path / "out" / "sentence-transformers")}
    assert json.loads(shown) == {"run": str(trained), "exports": written}


def test_a_format_that_is_not_there_is_an_error(hydro: Hydro, trained: Path) -> None:
    code, shown, said = hydro("export", str(trained), "--to", "onx")
    assert (code, shown) == (3, "")
    assert "--to onx: no such format for text_metric_learning; available: " in said


def test_an_experiment_that_is_not_there_is_an_error(hydro: Hydro, tmp_path: Path) -> None:
    code, shown, said = hydro("export", str(tmp_path), "--to", "onnx")
    assert (code, shown) == (3, "")
    assert "no experiment" in said

"""The folder of the scoring pipeline runs where there is no hydro."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hydro_text_metric_learning.export.mlflow_folder import write_mlflow_folder
from hydro_text_metric_learning.export.pipeline_folder import write_pipeline_folder

FILES = [
    "README.md",
    "model.onnx",
    "requirements.txt",
    "sample.csv",
    "scoring_pipeline.py",
    "settings.json",
    "text_input",
    "tokenizer.json",
]
HEAVY = ["hydro", "hydro_text_metric_learning", "torch", "transformers", "pandas"]
WATCHED = f"""
import atexit, runpy, sys
atexit.register(lambda: print([name for name in {HEAVY} if name in sys.modules]))
sys.argv = sys.argv[1:]
# As Python does that runs a program.
sys.path.insert(0, sys.argv[0].rpartition("/")[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture(scope="module")
def folder(saved: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export."""
    made = tmp_path_factory.mktemp("pipeline")
    write_pipeline_folder(saved.folder, made)
    return made


def test_the_folder_has_all_it_needs(folder: Path, threshold: float) -> None:
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert json.loads((folder / "settings.json").read_text()) == {
        "text_columns": ["title", "text"],
        "separator": "[SEP] ",
        "max_length": 12,
        "padding_token": 0,
        "embedding_size": 5,
        "threshold": threshold,
    }
    pinned = (folder / "requirements.txt").read_text().splitlines()
    assert pinned == [f"{name}=={version(name)}" for name in ("numpy", "onnxruntime", "tokenizers")]
    readme = (folder / "README.md").read_text()
    assert "the columns `title`, `text`" in readme
    assert 'joined with `"[SEP] "`, cut at 12 tokens' in readme
    assert f"from similarity {threshold:.4f} on" in readme
    assert "pipeline.same(" in readme
    assert re.findall(r"\{\w*\}", readme) == []


def test_a_model_without_a_threshold_does_not_promise_same(saved: Any, tmp_path: Path) -> None:
    model = shutil.copytree(saved.folder, tmp_path / "model")
    own = json.loads((model / "hydro.json").read_text())
    (model / "hydro.json").write_text(json.dumps({**own, "threshold": None}))
    for write in (write_pipeline_folder, write_mlflow_folder):
        folder = tmp_path / write.__name__
        folder.mkdir()
        write(model, folder)
        readme = (folder / "README.md").read_text()
        assert "There is no `same`" in readme
        assert "same =" not in readme


def test_the_program_runs_without_hydro(
    folder: Path, saved: Any, rows: pd.DataFrame, tmp_path: Path
) -> None:
    rows.to_csv(tmp_path / "rows.csv", index=False)
    # Without `site` no editable package is found; what was installed is.
    environment = os.environ | {"PYTHONPATH": sysconfig.get_paths()["purelib"]}
    program = [sys.executable, "-S", "-c", WATCHED, str(folder / "scoring_pipeline.py")]
    tables = [str(tmp_path / "rows.csv"), str(tmp_path / "found.npz")]
    result = subprocess.run(
        [*program, *tables], env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"
    found = np.load(tmp_path / "found.npz")["embeddings"]
    np.testing.assert_allclose(found, saved.embeddings, atol=1e-5)

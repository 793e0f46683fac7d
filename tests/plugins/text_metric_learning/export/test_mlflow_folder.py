"""The MLflow model opens in MLflow, and zipped it is the same."""

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
import yaml

from hydro_text_metric_learning.export.mlflow_folder import write_mlflow_folder


@pytest.fixture(scope="module")
def folder(saved: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export."""
    made = tmp_path_factory.mktemp("mlflow")
    write_mlflow_folder(saved.folder, made)
    return made


def test_the_description_names_loader_and_signature(folder: Path) -> None:
    told = yaml.safe_load((folder / "model/MLmodel").read_text())
    flavour = told["flavors"]["python_function"]
    assert (folder / "model" / flavour["code"] / f"{flavour['loader_module']}.py").is_file()
    assert (folder / "model" / flavour["data"] / "model.onnx").is_file()
    assert json.loads(told["signature"]["inputs"]) == [
        {"type": "string", "name": "title", "required": True},
        {"type": "string", "name": "text", "required": True},
    ]
    (output,) = json.loads(told["signature"]["outputs"])
    assert output["tensor-spec"] == {"dtype": "float32", "shape": [-1, 5]}
    assert "mlflow>=3" in (folder / "model/requirements.txt").read_text()


def test_the_zip_holds_the_same(folder: Path, tmp_path: Path) -> None:
    with ZipFile(folder / "mlflow.zip") as archive:
        archive.extractall(tmp_path)
    unpacked, model = tmp_path.rglob("*"), (folder / "model").rglob("*")
    assert {
        path.relative_to(tmp_path): path.read_bytes() for path in unpacked if path.is_file()
    } == {path.relative_to(folder / "model"): path.read_bytes() for path in model if path.is_file()}


def test_nothing_in_it_is_pickled(folder: Path) -> None:
    assert {path.suffix for path in folder.rglob("*") if path.is_file()} <= {
        *(".json", ".md", ".onnx", ".csv", ".py", ".txt", ".yaml", ".zip", "")
    }


@pytest.mark.filterwarnings("ignore")
def test_mlflow_opens_it(folder: Path, saved: Any, rows: pd.DataFrame, threshold: float) -> None:
    mlflow = pytest.importorskip("mlflow")
    model = mlflow.pyfunc.load_model(str(folder / "model"))
    np.testing.assert_allclose(model.predict(rows), saved.embeddings, atol=1e-5)
    same = model.predict(rows, params={"same": True})
    np.testing.assert_array_equal(same, saved.embeddings @ saved.embeddings.T >= threshold)

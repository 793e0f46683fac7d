"""A scoring pipeline as an MLflow model, and the same zipped."""

import json
import shutil
import sys
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import yaml

from hydro_text_metric_learning.export.pipeline_folder import (
    PACKAGES,
    describe_threshold,
    write_pipeline_folder,
)
from hydro_text_metric_learning.trained import TrainedEncoder

LOADER = Path(__file__).with_name("mlflow_loader.py")
INSIDE = "pipeline"
"""The scoring pipeline in the model, which is both its code and its data."""

OLDEST = "3.1.0"
"""The release of MLflow whose format this is."""

MLFLOW = f"mlflow>={OLDEST}"

SAME = {"name": "same", "default": False, "shape": None, "type": "boolean"}
"""A parameter: tell which rows are the same, in place of their embeddings."""

PAIRS = 'same = model.predict(frame, params={"same": True})  # for each pair of rows: rows x rows\n'

README = """\
# MLflow model

`model/` is an MLflow model, and `mlflow.zip` the same zipped. It takes {columns} and gives
embeddings of {size} numbers and length 1.

```python
import mlflow
import pandas as pd

model = mlflow.pyfunc.load_model("model")
frame = pd.DataFrame({example})
embeddings = model.predict(frame)
{same}```

{threshold}

```console
pip install -r model/requirements.txt
mlflow models serve --model-uri model --env-manager local --port 5000
curl http://127.0.0.1:5000/invocations -H "Content-Type: application/json" -d '{request}'
```
"""


def write_mlflow_folder(model: Path, folder: Path) -> None:
    """Write ``model/``, which ``mlflow.pyfunc.load_model`` opens, and ``mlflow.zip``.

    Written by hand, so that MLflow need not be installed; nothing in it is pickled.

    Args:
        model: the model that a run saved.
        folder: where to; it is there and empty.

    Raises:
        ModelError: the model is damaged, or cannot be written as ONNX.
    """
    new = folder / "model"
    pipeline = new / INSIDE
    pipeline.mkdir(parents=True)
    trained = write_pipeline_folder(model, pipeline)
    shutil.copy(LOADER, pipeline)
    pinned = [f"{name}=={version(name)}" for name in (*PACKAGES, "pandas")]
    python = ".".join(map(str, sys.version_info[:3]))
    _write(new / "requirements.txt", "".join(f"{each}\n" for each in (MLFLOW, *pinned)))
    _write_yaml(
        new / "python_env.yaml",
        {"python": python, "dependencies": ["-r requirements.txt"]},
    )
    _write_yaml(new / "MLmodel", _description(trained, python))
    _write(folder / "README.md", _readme(trained))
    with ZipFile(folder / "mlflow.zip", "w") as archive:  # weights hardly get smaller
        for path in sorted(new.rglob("*")):
            archive.write(path, path.relative_to(new))


def _description(trained: TrainedEncoder, python: str) -> dict[str, Any]:
    inputs = [{"type": "string", "name": name, "required": True} for name in trained.text_columns]
    spec = {"dtype": "float32", "shape": [-1, trained.encoder.embedding_size]}
    return {
        "flavors": {
            "python_function": {
                "loader_module": LOADER.stem,
                "code": INSIDE,
                "data": INSIDE,
                "env": {"virtualenv": "python_env.yaml"},
                "python_version": python,
                "streamable": False,
            }
        },
        "mlflow_version": OLDEST,
        "model_uuid": uuid.uuid4().hex,
        "signature": {
            "inputs": json.dumps(inputs),
            "outputs": json.dumps([{"type": "tensor", "tensor-spec": spec}]),
            "params": json.dumps([SAME]),
        },
        "utc_time_created": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
    }


def _readme(trained: TrainedEncoder) -> str:
    names = trained.text_columns
    example = {name: ["A first text", "A second"] for name in names}
    rows = [dict.fromkeys(names, text) for text in ("A first text", "A second")]
    return README.format(
        columns=f"a table with {', '.join(f'`{name}`' for name in names)}",
        size=trained.encoder.embedding_size,
        example=example,
        threshold=describe_threshold(trained.threshold),
        same="" if trained.threshold is None else PAIRS,
        request=json.dumps({"dataframe_records": rows}, ensure_ascii=False),
    )


def _write_yaml(path: Path, content: Mapping[str, Any]) -> None:
    _write(path, yaml.safe_dump(content, sort_keys=False, allow_unicode=True))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")

"""The formats that a finished model can be written in; what writes them is imported when used."""

from pathlib import Path
from typing import TYPE_CHECKING

from hydro.api import Exporter, Settings

if TYPE_CHECKING:
    import pandas as pd

EXTRA = "hydro-experiments[onnx]"
MODULES = ("onnx", "onnxruntime")


def offered_exporters(problem: str) -> list[Exporter]:
    """List the exporters of a problem type.

    A run leaves what sentence-transformers reads as ``model/``, so that is only copied on demand.
    """
    writers = {"onnx": write_onnx, "scoring-pipeline": write_pipeline, "mlflow": write_mlflow}
    return [
        Exporter("sentence-transformers", copy, problems=(problem,), at_end=False),
        *(
            Exporter(name, write, problems=(problem,), modules=MODULES, extra=EXTRA)
            for name, write in writers.items()
        ),
    ]


def copy(settings: Settings, *, model: Path, sample: "pd.DataFrame", folder: Path) -> None:
    """Copy the model."""
    import shutil

    shutil.copytree(model, folder, dirs_exist_ok=True)


def write_onnx(settings: Settings, *, model: Path, sample: "pd.DataFrame", folder: Path) -> None:
    """Write ONNX in float32 and int8."""
    from hydro_text_metric_learning.export.onnx_folder import write_onnx_folder

    write_onnx_folder(model, folder, sample)


def write_pipeline(
    settings: Settings, *, model: Path, sample: "pd.DataFrame", folder: Path
) -> None:
    """Write a Python program that needs no hydro."""
    from hydro_text_metric_learning.export.pipeline_folder import write_pipeline_folder

    write_pipeline_folder(model, folder)


def write_mlflow(settings: Settings, *, model: Path, sample: "pd.DataFrame", folder: Path) -> None:
    """Write an MLflow model."""
    from hydro_text_metric_learning.export.mlflow_folder import write_mlflow_folder

    write_mlflow_folder(model, folder)

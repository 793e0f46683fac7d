"""Each format is offered for the problem type, with what it needs."""

from pathlib import Path
from typing import Any

import pandas as pd

from hydro_text_metric_learning.exporters import offered_exporters


def test_all_but_the_copy_is_built_at_the_end_and_needs_onnx() -> None:
    facts = {each.name: (each.at_end, each.modules, each.extra) for each in offered_exporters("x")}
    onnx = (True, ("onnx", "onnxruntime"), "hydro-experiments[onnx]")
    assert facts == {
        "sentence-transformers": (False, (), ""),
        "onnx": onnx,
        "scoring-pipeline": onnx,
        "mlflow": onnx,
    }
    assert {each.problems for each in offered_exporters("x")} == {("x",)}


def test_the_copy_is_the_model(saved: Any, rows: pd.DataFrame, tmp_path: Path) -> None:
    (copy, *_) = offered_exporters("x")
    copy.build(None, model=saved.folder, sample=rows, folder=tmp_path)
    names = {path.relative_to(saved.folder) for path in saved.folder.rglob("*")}
    assert {path.relative_to(tmp_path) for path in tmp_path.rglob("*")} == names

"""The ONNX folder has what other programs want beside the model, and says what int8 loses."""

import logging
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hydro_text_metric_learning.export.onnx import embed_onnx, open_onnx
from hydro_text_metric_learning.export.onnx_folder import compare, write_onnx_folder


@pytest.fixture(scope="module")
def folder(saved: Any, rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export."""
    made = tmp_path_factory.mktemp("onnx")
    write_onnx_folder(saved.folder, made, rows)
    return made


def test_all_but_the_backbones_weights_lies_beside_the_models(folder: Path, saved: Any) -> None:
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    model = {path.relative_to(saved.folder).as_posix() for path in saved.folder.rglob("*.*")}
    assert "2_Dense/model.safetensors" in files
    models = {"onnx/model.onnx", "onnx/model_int8.onnx"}
    assert files == (model - {"model.safetensors"}) | models


def test_int8_is_smaller_and_near(folder: Path, saved: Any) -> None:
    plain, small = folder / "onnx/model.onnx", folder / "onnx/model_int8.onnx"
    assert small.stat().st_size < plain.stat().st_size
    corpus = saved.tokenizer.encode(saved.tokenizer.join(saved.columns))
    found = embed_onnx(open_onnx(small), corpus)
    np.testing.assert_allclose((found * saved.embeddings).sum(axis=1), 1, atol=0.02)
    assert not np.array_equal(found, saved.embeddings)


def test_what_int8_loses_is_told(folder: Path, saved: Any) -> None:
    plain, small = folder / "onnx/model.onnx", folder / "onnx/model_int8.onnx"
    corpus = saved.tokenizer.encode(saved.tokenizer.join(saved.columns))
    expected, found = (embed_onnx(open_onnx(each), corpus) for each in (plain, small))
    cosines = (expected * found).sum(axis=1)
    said = compare(plain, small, corpus)
    assert f"{cosines.mean():.4f} on average, {cosines.min():.4f} at least" in said
    assert said.endswith("% of 8 held-out texts")
    same = re.search(r"nearest neighbor for 100%", compare(plain, plain, corpus))
    assert same


def test_the_root_logger_is_left_as_it_was(
    saved: Any, rows: pd.DataFrame, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = [*logging.root.handlers], logging.root.level
    with caplog.at_level(logging.INFO, "hydro.export"):
        write_onnx_folder(saved.folder, tmp_path, rows)
    assert ([*logging.root.handlers], logging.root.level) == before
    assert [record.name for record in caplog.records] == ["hydro.export"]

"""MLflow's loader takes a table as pandas has it, and embeds its rows."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hydro_text_metric_learning.export.mlflow_folder import write_mlflow_folder


@pytest.fixture(scope="module")
def embedder(saved: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """What the loader of an export gives, found on the path as MLflow finds it."""
    folder = tmp_path_factory.mktemp("mlflow")
    write_mlflow_folder(saved.folder, folder)
    pipeline: Path = folder / "model/pipeline"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(pipeline)
        loader = importlib.import_module("mlflow_loader")
        yield loader._load_pyfunc(str(pipeline))
    for name in ("mlflow_loader", "scoring_pipeline"):
        del sys.modules[name]


def test_rows_are_embedded(embedder: Any, saved: Any, rows: pd.DataFrame) -> None:
    found = embedder.predict(rows.assign(more=1))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, saved.embeddings, atol=1e-5)


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA])
def test_a_missing_value_counts_as_empty(nothing: Any, embedder: Any) -> None:
    frame = pd.DataFrame({"title": [nothing], "text": ["card"]}, dtype=object)
    expected = embedder.predict(pd.DataFrame({"title": [""], "text": ["card"]}))
    assert np.array_equal(embedder.predict(frame), expected)


@pytest.mark.parametrize("pairs", [1, 20, 2**24])
def test_pairs_of_rows_are_told_to_be_the_same(
    pairs: int,
    embedder: Any,
    saved: Any,
    rows: pd.DataFrame,
    threshold: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mlflow_loader.COSINES", pairs)
    found = embedder.predict(rows, {"same": True})
    np.testing.assert_array_equal(found, saved.embeddings @ saved.embeddings.T >= threshold)
    assert embedder.predict(rows, {"same": False}).dtype == np.float32


def test_without_a_threshold_pairs_cannot_be_told(
    embedder: Any, rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedder.pipeline, "threshold", None)
    with pytest.raises(ValueError, match="no threshold"):
        embedder.predict(rows, {"same": True})


def test_a_row_without_text_is_refused(embedder: Any) -> None:
    with pytest.raises(ValueError, match="row 0"):
        embedder.predict(pd.DataFrame({"title": [None], "text": [""]}))

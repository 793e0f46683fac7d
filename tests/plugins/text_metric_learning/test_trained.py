"""A trained model that is read back gives the embeddings that the run was scored by."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hydro.errors import ModelError
from hydro.text import POOLS
from hydro_text_metric_learning.trained import load_trained


@pytest.mark.parametrize("architecture", ["bert", "roberta", "mpnet", "modernbert", "qwen3"])
def test_a_model_that_is_read_back_gives_the_same_embeddings(
    architecture: str, save: Any, threshold: float
) -> None:
    saved = save(architecture)
    trained = load_trained(saved.folder, torch.device("cpu"))
    assert (trained.text_columns, trained.threshold) == (("title", "text"), threshold)
    np.testing.assert_allclose(trained.embed(saved.rows), saved.embeddings, atol=1e-6)


@pytest.mark.parametrize("size", [None, 5])
@pytest.mark.parametrize("pool", POOLS)
def test_pool_and_neck_are_read_back(pool: str, size: int | None, save: Any) -> None:
    saved = save(pool=pool, size=size)
    found = load_trained(saved.folder).embed(saved.rows)
    assert found.shape == (8, size or 32)
    np.testing.assert_allclose(found, saved.embeddings, atol=1e-6)


def test_a_neck_that_keeps_the_width_is_read_back(save: Any) -> None:
    saved = save(batch_normalization=True)
    found = load_trained(saved.folder).embed(saved.rows)
    np.testing.assert_allclose(found, saved.embeddings, atol=1e-6)


@pytest.fixture
def copied(saved: Any, tmp_path: Path) -> Path:
    """A model to damage."""
    return shutil.copytree(saved.folder, tmp_path / "model")


@pytest.mark.parametrize("name", ["hydro.json", "1_Pooling", "2_Dense", "modules.json"])
def test_what_is_missing_is_named(name: str, copied: Path) -> None:
    missing = copied / name
    shutil.rmtree(missing) if missing.is_dir() else missing.unlink()
    with pytest.raises(ModelError, match=f"no model that hydro saved, or is damaged .*{name}"):
        load_trained(copied)


@pytest.mark.parametrize("name", ["hydro.json", "2_Dense/model.safetensors", "modules.json"])
def test_what_is_damaged_is_an_error(name: str, copied: Path) -> None:
    (copied / name).write_bytes(b"{")
    with pytest.raises(ModelError, match="is damaged"):
        load_trained(copied)


def test_settings_that_lack_a_key_are_damaged(copied: Path) -> None:
    (copied / "hydro.json").write_text(json.dumps({"separator": " "}))
    with pytest.raises(ModelError, match="text_columns"):
        load_trained(copied)

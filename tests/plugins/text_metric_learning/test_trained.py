"""A trained model that is read back gives the embeddings that the run was scored by."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from hydro.errors import ModelError
from hydro.testing import TEXTS, tiny_backbone
from hydro.text import POOLS, Encoder, embed, load_backbone, load_tokenizer
from hydro_text_metric_learning.export.sentence_transformers import write_sentence_transformers
from hydro_text_metric_learning.trained import load_trained

ARCHITECTURES = (
    "bert distilbert roberta xlm-roberta mpnet electra albert deberta-v2 modernbert qwen3".split()
)
TITLES = [text.split()[0].title() for text in TEXTS]


def save(folder: Path, backbone: Path, *, pool: str = "Average", size: int | None = None) -> Any:
    """Save an untrained encoder as a run saves a trained one; give it with its tokenizer."""
    tokenizer = load_tokenizer(backbone, max_length=12, lowercase=True, separator="")
    loaded = load_backbone(backbone, pretrained=True, dropout=0.0, gradient_checkpointing=False)
    encoder = Encoder(loaded, pool=pool, dropout=0.1, embedding_size=size)
    if encoder.neck is not None:
        nn.init.normal_(encoder.neck.weight)
        nn.init.normal_(encoder.neck.bias)
    write_sentence_transformers(
        folder,
        backbone=encoder.backbone,
        tokenizer=tokenizer.hf,
        max_length=tokenizer.max_length,
        pool=encoder.pool,
        neck=encoder.neck,
        columns=["title", "text"],
        separator=tokenizer.separator,
        card="",
    )
    return encoder, tokenizer


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_model_that_is_read_back_gives_the_same_embeddings(
    architecture: str, tmp_path: Path
) -> None:
    encoder, tokenizer = save(tmp_path / "model", tiny_backbone(tmp_path / "tiny", architecture))
    expected = embed(encoder, tokenizer.encode(tokenizer.join([TITLES, TEXTS])))
    trained = load_trained(tmp_path / "model", torch.device("cpu"))
    assert trained.text_columns == ("title", "text")
    np.testing.assert_allclose(trained.embed([TITLES, TEXTS]), expected, atol=1e-6)


@pytest.mark.parametrize("size", [None, 5])
@pytest.mark.parametrize("pool", POOLS)
def test_pool_and_neck_are_read_back(pool: str, size: int | None, tmp_path: Path) -> None:
    backbone = tiny_backbone(tmp_path / "tiny")
    encoder, tokenizer = save(tmp_path / "model", backbone, pool=pool, size=size)
    expected = embed(encoder, tokenizer.encode(tokenizer.join([TITLES, TEXTS])))
    found = load_trained(tmp_path / "model").embed([TITLES, TEXTS])
    assert found.shape == (len(TEXTS), size or 32)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("name", ["hydro.json", "1_Pooling", "2_Dense", "modules.json"])
def test_what_is_missing_is_named(name: str, tmp_path: Path) -> None:
    save(tmp_path / "model", tiny_backbone(tmp_path / "tiny"), size=5)
    missing = tmp_path / "model" / name
    shutil.rmtree(missing) if missing.is_dir() else missing.unlink()
    with pytest.raises(ModelError, match=f"no model that hydro saved, or is damaged .*{name}"):
        load_trained(tmp_path / "model")


def test_damaged_settings_are_named(tmp_path: Path) -> None:
    save(tmp_path / "model", tiny_backbone(tmp_path / "tiny"))
    (tmp_path / "model/hydro.json").write_text(json.dumps({"separator": " "}))
    with pytest.raises(ModelError, match="text_columns"):
        load_trained(tmp_path / "model")

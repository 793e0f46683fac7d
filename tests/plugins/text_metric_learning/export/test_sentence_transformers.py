"""Exported folders as sentence-transformers opens them, against the same steps by hand."""

import copy
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertModel, PreTrainedTokenizerFast

from hydro.text import Encoder, TextTokenizer, embed, load_tokenizer
from hydro_text_metric_learning.export.sentence_transformers import (
    POOLING_MODES,
    write_sentence_transformers,
)

Write = Callable[..., None]
TEXTS = ["a", "Hello WORLD", "much longer than all the others and cut", "a [SEP] B", ""]
MODEL_FILES = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]


@pytest.fixture
def write(backbone: BertModel, tokenizer: PreTrainedTokenizerFast) -> Write:
    return partial(
        write_sentence_transformers,
        backbone=backbone,
        tokenizer=tokenizer,
        max_length=16,
        pool="Average",
        neck=None,
        columns=["title", "text"],
        separator=" | ",
        threshold=0.75,
        balanced_threshold=0.5,
        card="# A model\n",
    )


@pytest.fixture(scope="module")
def peer() -> Any:
    return pytest.importorskip("sentence_transformers")


def pool_by_hand(states: Tensor, pool: str) -> Tensor:
    """Pool the token vectors ``(tokens, size)`` of one text."""
    return {
        "Average": states.mean(dim=0),
        "[CLS] token": states[0],
        "Max": states.amax(dim=0),
        "Last token": states[-1],
    }[pool]


@pytest.mark.parametrize("lowercase", [False, True])
@pytest.mark.parametrize("neck", [None, nn.Linear(16, 5), nn.Linear(16, 24, bias=False)], ids=str)
@pytest.mark.parametrize("pool", POOLING_MODES)
def test_a_folder_gives_the_embeddings_of_the_model(
    pool: str,
    neck: nn.Linear | None,
    lowercase: bool,
    peer: Any,
    write: Write,
    backbone: BertModel,
    tokenizer: PreTrainedTokenizerFast,
    tmp_path: Path,
) -> None:
    cased = copy.deepcopy(tokenizer)
    TextTokenizer(tokenizer, max_length=16, lowercase=lowercase, separator="")
    write(tmp_path / "model", pool=pool, neck=neck)
    model = peer.SentenceTransformer(str(tmp_path / "model"), device="cpu")
    assert model.max_seq_length == 16
    encoded = model.encode(TEXTS)
    for text, embedding in zip(TEXTS, encoded, strict=True):
        # A separator between joined columns stays one token, whatever the case of the texts.
        written = text.lower().replace("[sep]", "[SEP]") if lowercase else text
        ids = cased(written, truncation=True, max_length=16, return_tensors="pt")
        with torch.no_grad():
            vector = pool_by_hand(backbone(**ids).last_hidden_state[0], pool)
            expected = functional.normalize(vector if neck is None else neck(vector), dim=0)
        np.testing.assert_allclose(embedding, expected, atol=1e-5)


@pytest.mark.parametrize("size", [5, 16])
def test_batch_norm_is_part_of_the_dense_layer(
    size: int, peer: Any, write: Write, backbone: BertModel, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    encoder = Encoder(
        copy.deepcopy(backbone),
        pool="Average",
        dropout=0.0,
        embedding_size=size,
        batch_normalization=True,
    )
    assert encoder.neck is not None
    for _ in range(20):
        encoder.neck(torch.randn(8, 16) * 2 + 1)
    for weight in encoder.neck.parameters():
        nn.init.normal_(weight)
    write(tmp_path / "model", neck=encoder.projection)
    model = peer.SentenceTransformer(str(tmp_path / "model"), device="cpu")
    corpus = load_tokenizer(
        tmp_path / "model", max_length=16, lowercase=False, separator=""
    ).encode(TEXTS)
    np.testing.assert_allclose(model.encode(TEXTS), embed(encoder, corpus), atol=1e-5)


def test_a_folder_has_the_layout_that_all_releases_read(write: Write, tmp_path: Path) -> None:
    write(tmp_path / "model", neck=nn.Linear(16, 5))
    files = {
        path.relative_to(tmp_path / "model").as_posix() for path in tmp_path.rglob("model/**/*")
    }
    assert files == {
        *MODEL_FILES,
        "README.md",
        "hydro.json",
        "modules.json",
        "config_sentence_transformers.json",
        "sentence_bert_config.json",
        "1_Pooling",
        "1_Pooling/config.json",
        "2_Dense",
        "2_Dense/config.json",
        "2_Dense/model.safetensors",
        "3_Normalize",
    }
    modules = json.loads((tmp_path / "model/modules.json").read_text())
    assert [(module["idx"], module["name"], module["path"]) for module in modules] == [
        (0, "0", ""),
        (1, "1", "1_Pooling"),
        (2, "2", "2_Dense"),
        (3, "3", "3_Normalize"),
    ]
    assert [module["type"].removeprefix("sentence_transformers.models.") for module in modules] == [
        "Transformer",
        "Pooling",
        "Dense",
        "Normalize",
    ]
    transformer = json.loads((tmp_path / "model/sentence_bert_config.json").read_text())
    assert transformer == {"max_seq_length": 16, "do_lower_case": False}
    own = json.loads((tmp_path / "model/hydro.json").read_text())
    assert own == {
        "text_columns": ["title", "text"],
        "separator": " | ",
        "max_length": 16,
        "threshold": 0.75,
        "balanced_threshold": 0.5,
    }
    assert (tmp_path / "model/README.md").read_text() == "# A model\n"


def test_normalization_follows_pooling_where_there_is_no_neck(write: Write, tmp_path: Path) -> None:
    write(tmp_path / "model")
    modules = json.loads((tmp_path / "model/modules.json").read_text())
    assert [module["path"] for module in modules] == ["", "1_Pooling", "2_Normalize"]

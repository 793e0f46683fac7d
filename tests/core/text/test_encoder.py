"""Tests of the encoder: pool, dropout, neck, and the order of its embeddings."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import PreTrainedModel

from hydro.errors import ModelError
from hydro.text import POOLS, Encoder, TextTokenizer, collate

TEXTS = ["my card", "why was i charged a fee", "the exchange rate", "", "my new pin card"]


@pytest.mark.parametrize("pool", sorted(POOLS))
@pytest.mark.parametrize("architecture", ["bert", "mpnet"])
def test_texts_are_embedded_alone_as_in_a_batch(
    backbone: Callable[..., PreTrainedModel], tokenizer: TextTokenizer, architecture: str, pool: str
) -> None:
    encoder = Encoder(backbone(architecture), pool=pool, dropout=0.0, embedding_size=8).eval()
    corpus = tokenizer.encode(TEXTS)
    together = encoder(collate(corpus, np.arange(len(TEXTS))))
    assert together.shape == (len(TEXTS), 8)
    for row in range(len(TEXTS)):
        torch.testing.assert_close(encoder(collate(corpus, np.array([row])))[0], together[row])


def test_no_neck_is_put_where_the_backbone_has_the_size_asked_for(
    backbone: Callable[..., PreTrainedModel],
) -> None:
    for size in (None, 32):
        encoder = Encoder(backbone(), pool="Average", dropout=0.0, embedding_size=size)
        assert encoder.neck is None
        assert encoder.embedding_size == 32


def test_a_neck_projects_what_was_pooled(
    backbone: Callable[..., PreTrainedModel], tokenizer: TextTokenizer
) -> None:
    batch = collate(tokenizer.encode(TEXTS), np.arange(len(TEXTS)))
    bare = Encoder(backbone(), pool="Max", dropout=0.0, embedding_size=None).eval()
    encoder = Encoder(backbone(), pool="Max", dropout=0.0, embedding_size=8).eval()
    assert encoder.embedding_size == 8
    torch.testing.assert_close(encoder(batch), encoder.neck(bare(batch)))


def test_a_neck_may_normalize_over_the_batch_with_a_projection_or_without(
    backbone: Callable[..., PreTrainedModel], tokenizer: TextTokenizer
) -> None:
    batch = collate(tokenizer.encode(TEXTS), np.arange(len(TEXTS)))
    for size in (8, None):
        encoder = Encoder(
            backbone(), pool="Max", dropout=0.0, embedding_size=size, batch_normalization=True
        ).train()
        found = encoder(batch)
        assert found.shape == (len(TEXTS), size or 32)
        torch.testing.assert_close(found.mean(0), torch.zeros(size or 32), atol=1e-4, rtol=0)
        encoder.eval()
        bare = Encoder(backbone(), pool="Max", dropout=0.0, embedding_size=None).eval()
        assert encoder.projection is not None
        torch.testing.assert_close(encoder(batch), encoder.projection(bare(batch)))


def test_dropout_is_between_pool_and_neck_and_only_in_training(
    backbone: Callable[..., PreTrainedModel], tokenizer: TextTokenizer
) -> None:
    batch = collate(tokenizer.encode(TEXTS), np.arange(len(TEXTS)))
    encoder = Encoder(backbone(), pool="Average", dropout=0.5, embedding_size=None)
    whole = encoder.eval()(batch)
    torch.manual_seed(0)
    dropped = encoder.train()(batch)
    gone = dropped == 0
    assert 0.3 < gone.float().mean() < 0.7
    torch.testing.assert_close(dropped[~gone], 2 * whole[~gone])


def test_an_unknown_pool_is_an_error_that_lists_the_pools(
    backbone: Callable[..., PreTrainedModel],
) -> None:
    with pytest.raises(ModelError, match=r"no pool 'Mean'; available: Average, \[CLS\] token, Max"):
        Encoder(backbone(), pool="Mean", dropout=0.0, embedding_size=None)


@pytest.mark.parametrize("architecture", ["bert", "mpnet"])
def test_embeddings_are_pooled_in_full_precision_under_autocast(
    backbone: Callable[..., PreTrainedModel], tokenizer: TextTokenizer, architecture: str
) -> None:
    batch = collate(tokenizer.encode(TEXTS), np.arange(len(TEXTS)))
    encoder = Encoder(backbone(architecture), pool="Average", dropout=0.0, embedding_size=None)
    exact = encoder(batch)
    with torch.autocast("cpu", torch.bfloat16):
        rough = encoder(batch)
    assert rough.dtype == torch.float32
    torch.testing.assert_close(rough, exact, atol=0.05, rtol=0.05)


def test_a_saved_backbone_opens_in_transformers_with_padding(
    backbone: Callable[..., PreTrainedModel], tokenizer: TextTokenizer, tmp_path: Path
) -> None:
    from transformers import AutoModel

    encoder = Encoder(backbone(), pool="[CLS] token", dropout=0.0, embedding_size=None).eval()
    encoder.backbone.save_pretrained(tmp_path)
    corpus = tokenizer.encode(TEXTS[:1])
    plain = AutoModel.from_pretrained(tmp_path)(torch.from_numpy(corpus.ids[None].astype(np.int64)))
    torch.testing.assert_close(
        plain.last_hidden_state[:, 0], encoder(collate(corpus, np.array([0])))
    )


def test_a_head_is_applied_to_the_embeddings(
    backbone: Callable[..., PreTrainedModel], tokenizer: TextTokenizer
) -> None:
    encoder = Encoder(backbone(), pool="Average", dropout=0.0, embedding_size=6).eval()
    batch = collate(tokenizer.encode(["my card", "a fee"]), np.arange(2))
    embeddings = encoder(batch)
    encoder.head = torch.nn.Linear(6, 3)
    torch.testing.assert_close(encoder(batch), encoder.head(embeddings))
    assert "head.weight" in encoder.state_dict()

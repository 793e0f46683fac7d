"""Tests of running a model over many texts."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from transformers import PreTrainedModel

from hydro.text import Encoder, TextTokenizer, collate, embed, forward_all, inference

TEXTS = ["my card", "why was i charged a fee", "the exchange rate", "", "my new pin card"] * 3


@pytest.fixture
def encoder(backbone: Callable[..., PreTrainedModel]) -> Encoder:
    return Encoder(backbone(), pool="Average", dropout=0.5, embedding_size=8)


@pytest.mark.parametrize("tokens", [1, 20, None])
def test_embeddings_have_length_one_and_the_order_of_the_corpus(
    encoder: Encoder, tokenizer: TextTokenizer, tokens: int | None
) -> None:
    corpus = tokenizer.encode(TEXTS)
    found = embed(encoder, corpus, tokens=tokens)
    with torch.no_grad():
        plain = encoder.eval()(collate(corpus, np.arange(len(TEXTS)))).numpy()
    expected = plain / np.linalg.norm(plain, axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.dtype == np.float32


def test_the_encoder_is_left_in_the_mode_it_was_in(
    encoder: Encoder, tokenizer: TextTokenizer
) -> None:
    for mode in (True, False):
        encoder.train(mode)
        found = embed(encoder, tokenizer.encode(TEXTS))
        assert encoder.training == mode
        assert encoder.backbone.training == mode
        # Dropout of one half would not repeat itself.
        np.testing.assert_array_equal(found, embed(encoder, tokenizer.encode(TEXTS)))


def test_an_encoder_can_be_trained_after_it_embedded(
    encoder: Encoder, tokenizer: TextTokenizer
) -> None:
    corpus = tokenizer.encode(TEXTS)
    embed(encoder, corpus)
    encoder(collate(corpus, np.arange(3))).sum().backward()


def test_progress_counts_texts(encoder: Encoder, tokenizer: TextTokenizer) -> None:
    seen: list[int] = []
    embed(encoder, tokenizer.encode(TEXTS), tokens=20, on_progress=seen.append)
    assert len(seen) > 1
    assert sum(seen) == len(TEXTS)


def test_the_encoder_runs_in_the_precision_asked_for(
    encoder: Encoder, tokenizer: TextTokenizer
) -> None:
    corpus = tokenizer.encode(TEXTS)
    rough = embed(encoder, corpus, autocast=lambda: torch.autocast("cpu", torch.bfloat16))
    exact = embed(encoder, corpus)
    assert 0 < np.abs(rough - exact).max() < 0.05


def test_no_texts_have_no_embeddings(encoder: Encoder, tokenizer: TextTokenizer) -> None:
    assert embed(encoder, tokenizer.encode([])).shape == (0, 8)


@pytest.mark.parametrize("enough", [True, False])
def test_weights_are_packed_only_for_many_tokens(
    enough: bool, encoder: Encoder, tokenizer: TextTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = tokenizer.encode(TEXTS)
    expected = embed(encoder, corpus)
    monkeypatch.setattr(inference, "MIN_TOKENS_TO_PACK", len(corpus.ids) + (0 if enough else 1))
    with torch.profiler.profile() as profiled:
        found = embed(encoder, corpus)
    names = {event.key for event in profiled.key_averages()}
    packs = enough and torch.backends.mkldnn.is_available()
    assert ("mkldnn::_reorder_linear_weight" in names) == packs
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_logits_come_in_the_order_of_the_texts(encoder: Encoder, tokenizer: TextTokenizer) -> None:
    texts = tokenizer.encode(TEXTS)
    classifier = torch.nn.Sequential(encoder, torch.nn.Linear(8, 3))
    found = forward_all(classifier, texts, size=3, tokens=20)
    with torch.no_grad():
        expected = classifier.eval()(collate(texts, np.arange(len(TEXTS))))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_outputs_are_transformed_on_the_way(encoder: Encoder, tokenizer: TextTokenizer) -> None:
    texts = tokenizer.encode(TEXTS)
    plain = forward_all(encoder, texts, size=8)
    found = forward_all(encoder, texts, size=1, transform=lambda out: out.amax(1, keepdim=True))
    np.testing.assert_allclose(found[:, 0], plain.max(axis=1), atol=1e-6)

"""Tests that a backbone gives without padding what it gives with padding."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import PreTrainedModel

from hydro.errors import ModelError
from hydro.text import Encoder, TextBatch, TokenizedTexts, collate, load_backbone
from hydro.text.forward import choose_forward

RAGGED = ["bert", "distilbert", "roberta", "electra", "albert", "modernbert", "qwen3"]
PADDED = ["mpnet", "deberta-v2"]
LENGTHS = [5, 1, 23, 5, 12, 64, 2, 23]


def batch_of(lengths: list[int] = LENGTHS) -> TextBatch:
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    ids = np.random.default_rng(0).integers(5, 200, offsets[-1], dtype=np.int32)
    return collate(TokenizedTexts(ids, offsets, num_suffix_tokens=0), np.arange(len(lengths)))


def padded_average(backbone: PreTrainedModel, batch: TextBatch) -> Tensor:
    """Embed as everybody does: pad, mask, average over the mask."""
    padding = backbone.config.pad_token_id or 0
    texts = batch.input_ids.split(batch.lengths.tolist())
    ids = torch.nn.utils.rnn.pad_sequence(texts, batch_first=True, padding_value=padding)
    mask = torch.nn.utils.rnn.pad_sequence([torch.ones_like(text) for text in texts], True)
    hidden = backbone(input_ids=ids, attention_mask=mask).last_hidden_state * mask[..., None]
    return (hidden.sum(1) / mask.sum(1, keepdim=True))[batch.restore_order]


def gradients(backbone: PreTrainedModel, embeddings: Tensor) -> dict[str, Tensor]:
    """Differentiate some function of the embeddings by all weights."""
    weights = torch.linspace(-1, 1, embeddings.numel()).view_as(embeddings)
    (embeddings * weights).mean().backward()
    return {n: p.grad for n, p in backbone.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("architecture", RAGGED + PADDED)
def test_embeddings_and_gradients_are_those_of_the_padded_model(
    backbone: Callable[..., PreTrainedModel], architecture: str
) -> None:
    encoder = Encoder(backbone(architecture), pool="Average", dropout=0.0, embedding_size=None)
    encoder.train()
    plain = backbone(architecture).train()
    found, expected = encoder(batch_of()), padded_average(plain, batch_of())
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    mine, theirs = gradients(encoder.backbone, found), gradients(plain, expected)
    assert mine.keys() == theirs.keys()
    for name, gradient in mine.items():
        torch.testing.assert_close(gradient, theirs[name], atol=1e-5, rtol=0, msg=name)


@pytest.mark.parametrize("architecture", RAGGED)
def test_most_backbones_compute_real_tokens_only(
    backbone: Callable[..., PreTrainedModel], architecture: str
) -> None:
    encoder = Encoder(backbone(architecture), pool="Average", dropout=0.0, embedding_size=None)
    assert encoder.padding_free
    assert encoder.note is None
    seen = []
    for module in encoder.modules():
        if isinstance(module, torch.nn.Linear):
            module.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].shape[:-1]))
    encoder(batch_of())
    tokens = {shape for shape in seen if shape.numel() > 1}
    assert tokens == {torch.Size([1, sum(LENGTHS)])}


@pytest.mark.parametrize("architecture", PADDED)
def test_relative_position_biases_are_run_with_padding_and_it_is_said(
    backbone: Callable[..., PreTrainedModel], architecture: str
) -> None:
    encoder = Encoder(backbone(architecture), pool="Average", dropout=0.0, embedding_size=None)
    assert not encoder.padding_free
    assert encoder.note is not None
    assert encoder.note.startswith(f"{architecture} is run with padding")


def test_attention_that_wants_more_than_is_offered_is_run_with_padding(
    backbone: Callable[..., PreTrainedModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = backbone("bert")
    forward = model.forward
    plain = model.config._attn_implementation
    monkeypatch.setattr(model, "forward", lambda **given: forward(**given, softcap=30.0))
    model.set_attn_implementation("eager")
    width, reason = choose_forward(model)
    assert width == 32
    assert "softcap" in reason
    assert model.config._attn_implementation == "eager" != plain


def test_a_backbone_whose_results_differ_is_run_with_padding(
    backbone: Callable[..., PreTrainedModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = backbone("roberta")
    # As if it counted positions in a way of its own.
    monkeypatch.setattr(model.embeddings.position_embeddings, "padding_idx", None)
    assert choose_forward(model)[1] == "roberta is run with padding: its results differ when packed"
    assert model.config._attn_implementation != "hydro_varlen"


def test_trying_a_backbone_leaves_no_trace(backbone: Callable[..., PreTrainedModel]) -> None:
    model = backbone("bert", dropout=0.5).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    choose_forward(model)
    assert torch.equal(state, torch.get_rng_state())
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("architecture", ["bert", "modernbert", "qwen3"])
def test_gradients_are_the_same_with_checkpointing(
    backbone: Callable[..., PreTrainedModel], folder: Callable[[str], Path], architecture: str
) -> None:
    results = []
    for checkpointing in (False, True):
        model = load_backbone(
            folder(architecture),
            pretrained=True,
            dropout=0.0,
            gradient_checkpointing=checkpointing,
        )
        encoder = Encoder(model, pool="Average", dropout=0.0, embedding_size=None).train()
        results.append(gradients(encoder.backbone, encoder(batch_of())))
    for name, gradient in results[0].items():
        torch.testing.assert_close(gradient, results[1][name], msg=name)


def test_a_model_of_another_kind_is_an_error() -> None:
    from transformers import ViTConfig, ViTModel

    config = ViTConfig(
        hidden_size=32, num_hidden_layers=1, num_attention_heads=4, intermediate_size=32
    )
    with pytest.raises(ModelError, match="vit gives no vectors for the tokens of a text"):
        choose_forward(ViTModel(config))

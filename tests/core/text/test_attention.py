"""Tests of attention within texts that lie end to end."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hydro.text import TextBatch, TokenizedTexts, collate
from hydro.text.attention import varlen_attention

LENGTHS = [4, 9, 4, 1, 6]
HEADS, WIDTH = 4, 8


def batch_of(lengths: list[int]) -> TextBatch:
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    corpus = TokenizedTexts(np.arange(offsets[-1], dtype=np.int32), offsets, num_suffix_tokens=0)
    return collate(corpus, np.arange(len(lengths)))


def parts(key_heads: int = HEADS) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    heads = (HEADS, key_heads, key_heads)
    query, key, value = (
        torch.randn(1, h, sum(LENGTHS), WIDTH, generator=generator, requires_grad=True)
        for h in heads
    )
    return query, key, value


def by_hand(
    query: Tensor, key: Tensor, value: Tensor, causal: bool = False, window: int | None = None
) -> Tensor:
    """Attend over the whole row, with every pair of tokens that may not meet masked."""
    lengths = torch.tensor(sorted(LENGTHS, reverse=True))
    text = torch.arange(len(lengths)).repeat_interleave(lengths)
    place = torch.arange(len(text))
    allowed = text[:, None] == text
    if causal:
        allowed &= place[:, None] >= place
    if window is not None:
        allowed &= (place[:, None] - place).abs() < window
    groups = HEADS // key.shape[1]
    key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    scores = query @ key.transpose(2, 3) * 0.5
    return (scores.masked_fill(~allowed, -torch.inf).softmax(-1) @ value).transpose(1, 2)


class Layer(nn.Module):
    """What transformers hands over as the module."""

    is_causal = False


CASES = [
    {},
    {"causal": True},
    {"window": 3},
    {"window": 3, "causal": True},
    {"window": 100, "causal": True},
]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("key_heads", [HEADS, 2])
def test_tokens_attend_to_their_own_text_only(case: dict[str, Any], key_heads: int) -> None:
    mine, theirs = parts(key_heads), parts(key_heads)
    found, weights = varlen_attention(
        Layer(),
        *mine,
        None,
        texts=batch_of(LENGTHS),
        scaling=0.5,
        is_causal=case.get("causal"),
        sliding_window=case.get("window"),
    )
    expected = by_hand(*theirs, **case)
    assert weights is None
    torch.testing.assert_close(found, expected)
    found.square().sum().backward()
    expected.square().sum().backward()
    for my, their in zip(mine, theirs, strict=True):
        torch.testing.assert_close(my.grad, their.grad)


def test_a_layer_says_itself_whether_it_is_causal() -> None:
    layer = Layer()
    layer.is_causal = True
    found, _ = varlen_attention(layer, *parts(), None, texts=batch_of(LENGTHS), scaling=0.5)
    torch.testing.assert_close(found, by_hand(*parts(), causal=True))


def test_dropout_drops_a_share_of_the_attention_and_makes_up_for_it() -> None:
    query, key, _ = parts()
    ones = torch.ones_like(key)
    torch.manual_seed(0)
    found = torch.stack(
        [
            varlen_attention(Layer(), query, key, ones, None, texts=batch_of(LENGTHS), dropout=0.3)[
                0
            ]
            for _ in range(100)
        ]
    )
    assert found.std() > 0.1
    assert found.mean().item() == pytest.approx(1.0, abs=0.03)


def test_autocast_decides_what_is_computed_in() -> None:
    query, key, value = parts()
    with torch.autocast("cpu", torch.bfloat16):
        found, _ = varlen_attention(
            Layer(), query, key, value.bfloat16(), None, texts=batch_of(LENGTHS), scaling=0.5
        )
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), by_hand(*parts()), atol=0.02, rtol=0.02)


@pytest.mark.parametrize(
    "unknown", [{"softcap": 30.0}, {"s_aux": torch.ones(1)}, {"position_bias": torch.ones(1)}]
)
def test_what_it_cannot_do_is_an_error(unknown: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(unknown))):
        varlen_attention(Layer(), *parts(), None, texts=batch_of(LENGTHS), **unknown)


def test_a_mask_or_no_texts_are_an_error() -> None:
    with pytest.raises(ValueError, match="no mask"):
        varlen_attention(Layer(), *parts(), torch.ones(1), texts=batch_of(LENGTHS))
    with pytest.raises(ValueError, match="takes texts"):
        varlen_attention(Layer(), *parts(), None)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("key_heads", [HEADS, 2])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_a_gpu_gives_what_a_cpu_gives(
    case: dict[str, Any], key_heads: int, dtype: torch.dtype
) -> None:
    mine = [part.detach().to("cuda", dtype).requires_grad_() for part in parts(key_heads)]
    theirs = parts(key_heads)
    found, _ = varlen_attention(
        Layer(),
        *mine,
        None,
        texts=batch_of(LENGTHS).to("cuda"),
        scaling=0.5,
        is_causal=case.get("causal"),
        sliding_window=case.get("window"),
    )
    expected = by_hand(*theirs, **case)
    near = 1e-4 if dtype == torch.float32 else 0.03
    torch.testing.assert_close(found.float().cpu(), expected, atol=near, rtol=near)
    found.square().sum().backward()
    expected.square().sum().backward()
    for my, their in zip(mine, theirs, strict=True):
        torch.testing.assert_close(my.grad.float().cpu(), their.grad, atol=3 * near, rtol=near)

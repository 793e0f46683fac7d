"""Tests of pooling, against sums done by hand."""

import pytest
import torch

from hydro.text import POOLS

TOKENS = torch.tensor([[1.0, 4.0], [3.0, -2.0], [5.0, 7.0], [2.0, 0.0]])
OFFSETS = torch.tensor([0, 3, 4], dtype=torch.int32)


@pytest.mark.parametrize(
    ("pool", "expected"),
    [
        ("Average", [[3.0, 3.0], [2.0, 0.0]]),
        ("[CLS] token", [[1.0, 4.0], [2.0, 0.0]]),
        ("Max", [[5.0, 7.0], [2.0, 0.0]]),
        ("Last token", [[5.0, 7.0], [2.0, 0.0]]),
    ],
)
def test_a_pool_makes_one_vector_of_every_text(pool: str, expected: list[list[float]]) -> None:
    assert POOLS[pool](TOKENS, OFFSETS).tolist() == expected


@pytest.mark.parametrize("pool", sorted(POOLS))
def test_gradients_go_back_through_a_pool(pool: str) -> None:
    tokens = TOKENS.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda t: POOLS[pool](t, OFFSETS), tokens)
